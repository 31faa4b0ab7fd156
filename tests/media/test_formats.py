"""Formats: what is taken is composed right, and what is not is refused by its name."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import suppress
from itertools import chain, product
from pathlib import Path

import pytest
from av import Codec, codecs_available
from av.format import ContainerFormat, formats_available
from clips import Clips

from roomreel.media.ffmpeg import binary
from roomreel.media.probe import Probe, index_isolated, index_packets
from roomreel.model.formats import FORMATS, REFUSED, TAKEN, format_of
from roomreel.model.media import Problem, TrackPath
from roomreel.model.room import MediaType
from roomreel.plan.codecs import is_codec

MEMORY_BYTES = 10**9


def ffmpeg(*arguments: str | Path) -> None:
    argv = [binary(None), "-y", "-v", "error", *map(str, arguments)]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


def refusal(path: Path) -> str:
    """Return why a file is not taken."""
    probe = Probe("RT", TrackPath(str(path)), path.stat().st_size, MediaType.VIDEO)
    found = index_isolated([probe], MEMORY_BYTES)["RT"]
    assert isinstance(found, Problem)
    assert found.code == "media-undecodable"
    return found.message


def picture(folder: Path, _media: Path) -> Path:
    path = folder / "alice-camera.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64:d=1:r=5", "-f", "gif", path)
    return path


def still(folder: Path, _media: Path) -> Path:
    path = folder / "alice-camera.mp4"
    still = ("-frames:v", "1", "-c:v", "png", "-f", "image2pipe")
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64", *still, path)
    return path


def photo(folder: Path, _media: Path) -> Path:
    path = folder / "alice.mp4"
    encoder = ("-c:v", "libaom-av1", "-still-picture", "1", "-frames:v", "1", "-f", "avif")
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64", *encoder, path)
    return path


def raw_sound(folder: Path, _media: Path) -> Path:
    path = folder / "alice.ul"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1:r=8000", "-f", "mulaw", path)
    return path


def raw_h265(folder: Path) -> Path:
    path = folder / "alice.h265"
    encoder = ("-c:v", "libx265", "-x265-params", "vui-timing-info=0:log-level=0")
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64:d=1:r=5", *encoder, path)
    return path


def raw_av1(folder: Path, _media: Path) -> Path:
    path = folder / "alice.webm"
    encoder = ("-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8", "-f", "obu")
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=64x64:d=1:r=5", *encoder, path)
    return path


def playlist(folder: Path, media: Path) -> Path:
    path = folder / "alice-camera.m3u8"
    head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n"
    path.write_text(f"{head}{media}\n#EXT-X-ENDLIST\n")
    return path


def disguised_playlist(folder: Path, media: Path) -> Path:
    return playlist(folder, media).rename(folder / "alice-camera.ts")


def concatenation(folder: Path, media: Path) -> Path:
    path = folder / "alice-camera.webm"
    path.write_text(f"ffconcat version 1.0\nfile '{media}'\n")
    return path


def numbered_pictures(folder: Path, _media: Path) -> Path:
    path = folder / "alice-%03d.jpg"
    path.write_bytes(bytes.fromhex("ffd8ffe000104a464946"))
    return path


def notes(folder: Path, _media: Path) -> Path:
    path = folder / "alice-camera.mkv"
    path.write_text("Nothing was recorded.\n")
    return path


@pytest.mark.parametrize(
    ("make", "what", "why"),
    [
        (picture, "CompuServe Graphics Interchange Format", "picture"),
        (still, "piped png sequence", "picture"),
        (photo, "AVIF", "picture"),
        (raw_sound, "PCM mu-law", "sample rate"),
        (raw_av1, "AV1 low overhead OBU", "frame rate"),
        (playlist, "Apple HTTP Live Streaming", "other files"),
        (disguised_playlist, "not a media file", ""),
        (concatenation, "Virtual concatenation script", "other files"),
        (numbered_pictures, "image2 sequence", "picture"),
        (notes, "not a media file", ""),
    ],
)
def test_what_is_not_taken_is_named_by_its_content_with_the_reason(
    make: Callable[[Path, Path], Path], what: str, why: str, clips: Clips, tmp_path: Path
):
    message = refusal(make(tmp_path, clips.video(seconds=1)))
    assert what in message
    assert why in message
    assert TAKEN in message


def test_a_stream_that_does_not_say_its_rate_is_refused(tmp_path: Path):
    message = refusal(raw_h265(tmp_path))
    assert "does not say its frame rate; put it into Matroska or MP4" in message


def test_the_tables_name_formats_that_ffmpeg_has():
    known = set(chain(*(names.split(",") for names in formats_available)))
    named = {*chain(*(one.demuxers for one in FORMATS)), *chain(*REFUSED.values())}
    assert named <= known


def test_no_format_that_opens_other_files_is_taken():
    """What FFmpeg marks as needing no file opens what it likes."""
    assert [
        name for name in formats_available if format_of(name) and ContainerFormat(name).no_file
    ] == []


ENCODED = {
    "av1": ("camera.webm", ("-c:v", "libaom-av1", "-usage", "realtime", "-cpu-used", "8")),
    "flv1": ("camera.flv", ("-c:v", "flv1")),
    "msmpeg4v3": ("camera.wmv", ("-c:v", "msmpeg4")),
    "mp3": ("microphone.mka", ("-c:a", "libmp3lame")),
    "amr_nb": ("microphone.amr", ("-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1")),
    "dts": ("microphone.dts", ("-c:a", "dca", "-strict", "-2")),
    "adpcm_g722": ("microphone.wav", ("-c:a", "g722", "-ar", "16000")),
}
"""File and encoder by the name of the codec, where FFmpeg's decoder has another."""


@pytest.mark.parametrize("codec", ENCODED)
def test_a_codec_has_its_own_name_and_not_that_of_a_decoder(codec: str, tmp_path: Path):
    name, encoder = ENCODED[codec]
    is_sound = name.startswith("microphone")
    source = "sine=d=1:r=48000" if is_sound else "testsrc=s=64x64:d=1:r=5"
    ffmpeg("-f", "lavfi", "-i", source, *encoder, tmp_path / name)
    media_type = MediaType.AUDIO if is_sound else MediaType.VIDEO
    assert index_packets(TrackPath(str(tmp_path / name)), media_type).codec == codec


def test_every_codec_is_known_by_its_own_name():
    names = set()
    for name, mode in product(codecs_available, "rw"):
        with suppress(ValueError):  # it is of the other kind
            names.add(Codec(name, mode).canonical_name)
    assert len(names) > 300
    assert [name for name in names if not is_codec(name, name)] == []
