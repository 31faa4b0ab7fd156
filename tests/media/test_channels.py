"""Every channel of a recording is heard, however many there are and whatever they are called."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest
from clip_rooms import Track, room
from composing import RATE, compose_room, level_at
from foreign import LEVEL, ffmpeg, named_one_by_one, sound, tones
from numpy.typing import NDArray

from roomreel.media.downmix import GAINS, to_stereo
from roomreel.media.probe import index_packets
from roomreel.media.sound import SoundReader
from roomreel.model.media import TrackPath
from roomreel.model.room import MediaType

HZ = 500

QUIETEST = 0.49 * LEVEL
"""No channel is heard at less than half of its level (that behind), nor at more than all of it."""

BY_FFMPEG = ("3.0", "4.0", "quad", "5.0", "5.1", "5.1(side)", "6.0", "6.1", "7.0", "7.1")
"""Layouts that FFmpeg mixes to stereo itself."""


def heard(path: Path) -> NDArray[np.float32]:
    reader = SoundReader(TrackPath(str(path)))
    chunks = [
        np.broadcast_to(chunk.samples, (2, chunk.samples.shape[1])) for chunk in reader.blocks()
    ]
    assert not reader.decoded.errors
    reader.close()
    return np.concatenate(chunks, axis=1)


def sides(path: Path, hz: int = HZ) -> tuple[float, float]:
    whole = heard(path)
    return level_at(whole, hz, 0.1, 0.4), level_at(whole[::-1], hz, 0.1, 0.4)


def wave(folder: Path, channels: int, voice: int, bits: int = 16) -> Path:
    """Half a second of WAV without a word about its channels; one of them has a voice."""
    path = folder / f"{channels}-{voice}.wav"
    samples = np.zeros((RATE // 2, channels), np.int16)
    samples[:, voice] = 2**15 * LEVEL * np.sin(2 * np.pi * HZ * np.arange(RATE // 2) / RATE)
    data = samples.astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, channels, RATE, RATE * channels * 2, channels * 2, bits)
    body = (
        b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data))
    )
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body) + len(data)) + body + data)
    return path


@pytest.mark.parametrize("channels", [*range(1, 18), 23, 24, 25, 32, 48, 63, 64])
def test_a_voice_on_any_channel_of_any_count_is_heard(tmp_path: Path, channels: int):
    for voice in {0, channels // 2, channels - 1}:
        left, right = sides(wave(tmp_path, channels, voice))
        assert QUIETEST < max(left, right) < 1.01 * LEVEL, voice


@pytest.mark.parametrize("rate", [8000, RATE])
@pytest.mark.parametrize("name", ["mono", "1C"])
def test_one_channel_has_its_level_whatever_it_is_called(tmp_path: Path, name: str, rate: int):
    encoder = "-ar", rate, "-c:a", "pcm_mulaw"
    path = sound(
        tmp_path / "one.mkv", *tones(HZ), "-af", f"aformat=channel_layouts={name}", *encoder
    )
    assert sides(path) == (pytest.approx(LEVEL, rel=0.02), pytest.approx(LEVEL, rel=0.02))


@pytest.mark.parametrize("layout", BY_FFMPEG)
def test_known_layouts_are_mixed_as_ffmpeg_mixes_them(layout: str):
    names = [channel.name for channel in av.AudioLayout(layout).channels]
    ours = to_stereo(names)
    assert ours is not None
    for number, name in enumerate(names):
        if name == "LFE":  # FFmpeg leaves it out
            continue
        data = np.zeros((4800, len(names)), np.float32)
        data[:, number] = 0.5
        frame = av.AudioFrame.from_ndarray(data.reshape(1, -1), "flt", layout)
        frame.sample_rate = RATE
        [theirs] = av.AudioResampler("fltp", "stereo", RATE).resample(frame)
        expected = theirs.to_ndarray()[:, 2400]
        assert ours[:, number] * 0.5 == pytest.approx(expected, abs=0.01), name


def test_every_channel_that_ffmpeg_has_a_name_for_is_heard():
    layouts = [layout for layout in known_layouts() if len(layout) > 2]
    assert len(layouts) > 20
    for names in layouts:
        matrix = to_stereo(names)
        assert matrix is not None
        assert (np.abs(matrix).max(axis=0) >= 0.5).all(), names
        assert {*names} <= {*GAINS}, names


def known_layouts() -> list[tuple[str, ...]]:
    lines = ffmpeg("-layouts").stdout.decode().split("Standard channel layouts:")[1].splitlines()
    rows = (line.split() for line in lines[2:])
    return [tuple(row[1].split("+")) for row in rows if len(row) == 2]


@pytest.mark.parametrize(
    ("names", "matrix"),
    [
        (["FL", "FR"], None),
        (["FC"], None),
        (["NONE", "NONE"], [[1, 0], [0, 1]]),
        (["LFE"], [[0.707], [0.707]]),
        (["UNSD", "UNSD", "NONE"], [[1, 1, 1], [1, 1, 1]]),
        (["DL", "DR"], [[1, 0], [0, 1]]),
        (["AMBI0", "AMBI1", "AMBI2"], [[0.707, 0.707, 0], [0.707, -0.707, 0]]),
    ],
)
def test_other_names(names: list[str], matrix: list[list[float]] | None):
    found = to_stereo(names)
    if matrix is None:
        assert found is None
    else:
        assert found == pytest.approx(np.array(matrix), abs=0.001)


CODECS = {
    "PCM of 8 bits": ("wav", "pcm_u8"),
    "PCM of 64 bits": ("mkv", "pcm_f64le"),
    "PCM of 24 bits": ("caf", "pcm_s24le"),
    "Opus": ("mka", "libopus", "-b:a", "512k"),
    "Opus, unmapped": ("mka", "libopus", "-mapping_family", 255, "-b:a", "512k"),
    "Vorbis": ("ogg", "libvorbis"),
    "AAC": ("m4a", "aac", "-b:a", "512k"),
    "FLAC": ("flac", "flac"),
    "WavPack": ("wv", "wavpack"),
}


@pytest.mark.parametrize("rate", [48_000, 44_100])
@pytest.mark.parametrize("name", CODECS)
def test_every_codec_of_eight_channels_is_heard_in_all_of_them(
    tmp_path: Path, name: str, rate: int
):
    suffix, *encoder = CODECS[name]
    hertz = [300 + 200 * channel for channel in range(8)]
    arguments = *tones(*hertz, seconds=0.6, rate=RATE), "-c:a", *encoder
    arguments += () if "Opus" in name else ("-ar", rate)
    path = sound(tmp_path / f"eight.{suffix}", *arguments)
    for channel, hz in enumerate(hertz):
        if (name, channel) != ("AAC", 3):  # its LFE has no more than 120 Hz
            assert max(sides(path, hz)) > QUIETEST, channel


@pytest.mark.parametrize("label", [0, 3, 0xFFFFFFFF], ids=["unused", "centre", "unknown"])
def test_channels_that_a_file_names_oddly_are_heard(tmp_path: Path, label: int):
    path = named_one_by_one(tmp_path, label)
    assert index_packets(TrackPath(str(path)), MediaType.AUDIO).channels == 4
    for hz in (500, 900, 1400):
        assert sides(path, hz) == (pytest.approx(LEVEL, rel=0.02), pytest.approx(LEVEL, rel=0.02))


def test_a_room_with_many_channels_is_composed(tmp_path: Path):
    tracks = [
        Track("ann", "mic", wave(tmp_path, 32, 31), "audio"),
        Track("bob", "mic", sound(tmp_path / "b.webm", *tones(900), "-c:a", "libopus"), "audio"),
    ]
    made = compose_room(tmp_path, room(tmp_path, tracks), {"audio_sources": ["*"], "format": "mp4"})
    whole = made.sound()
    assert level_at(whole, HZ, 0.1, 0.4) == pytest.approx(LEVEL, rel=0.1)
    assert level_at(whole, 900, 0.6, 1.9) == pytest.approx(LEVEL, rel=0.1)
    assert {code for code, _ in made.codes} == {"recording-short"}
