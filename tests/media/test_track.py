"""Files of other people's tools: which picture is shown, and which sound is heard, when."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from clip_content import counter
from foreign import (
    FPS,
    H264,
    H264_B,
    LEVEL,
    VP8,
    heard_by_ffmpeg,
    shown_by_ffmpeg,
    sound,
    tones,
    video,
)
from foreign_files import (
    MPEG_4,
    SHOWN,
    UNTIMED,
    Make,
    by,
    joined,
    layered,
    refreshed,
    rewritten,
    trimmed,
)
from numpy.typing import NDArray

from roomreel.media.probe import index_packets
from roomreel.media.sound import SoundReader
from roomreel.media.video import VideoReader
from roomreel.model.media import PacketIndex, TrackPath
from roomreel.model.room import MediaType
from roomreel.model.samples import RATE
from roomreel.plan.packets import REORDERED, activity, backward_steps

TIME_TOLERANCE_S = 0.002
"""Matroska rounds to a millisecond, and FFmpeg's command prints what it has rounded."""

LEVEL_TOLERANCE = 0.1
"""Relative: a coder holds a steady tone within a dB."""

SAMPLES_OFF = 1024
"""By which ends may differ: newer versions of FFmpeg leave out what pads the last packet of AAC."""

LINK_OFF = 16
"""Samples by which a link of Vorbis is placed late: its first packet counts, and is not heard."""

CLUSTER, LACE = b"\x1f\x43\xb6\x75", 8

DIFFERENCE = 0.01
"""Of full scale, of a tone at a quarter of it; a sample off would be 0.014."""

Case = tuple[str, Path, PacketIndex, list[tuple[float, int]]]


def shown(path: Path) -> tuple[PacketIndex, list[tuple[float, int]]]:
    """The index of a file, and when which number is shown."""
    index = index_packets(TrackPath(str(path)), MediaType.VIDEO)
    reader = VideoReader(TrackPath(str(path)))
    pictures = [
        (float(frame.pts * reader.time_base), counter(frame.to_ndarray(format="rgb24")))
        for frame in reader.all()
    ]
    assert not reader.decoded.errors
    reader.close()
    return index, pictures


@pytest.fixture(scope="module", params=SHOWN)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    path = SHOWN[request.param](tmp_path_factory.mktemp("shown"))
    return request.param, path, *shown(path)


def test_every_picture_is_shown_when_other_players_show_it(case: Case):
    name, path, _, pictures = case
    expected = shown_by_ffmpeg(path)
    assert [number for _, number in pictures] == [number for _, number in expected]
    if not any(word in name for word in UNTIMED):
        late_by = pictures[0][0] - expected[0][0]
        for (at, _), (wanted, _) in zip(pictures, expected, strict=True):
            assert at - late_by == pytest.approx(wanted, abs=TIME_TOLERANCE_S)


def test_an_index_has_the_times_of_what_is_shown(case: Case):
    _, _, index, pictures = case
    active = activity(index)
    assert active is not None
    times = [float(tick * index.time_base) for tick in active.pts]
    assert times == [at for at, _ in pictures]
    assert backward_steps(index) == 0
    step = pictures[1][0] - pictures[0][0]
    assert float(active.span.end) == pytest.approx(pictures[-1][0] + step, abs=0.01)


def test_a_chain_of_pictures_and_sound_is_shown_up_to_its_first_link_and_that_is_told(
    tmp_path: Path,
):
    """FFmpeg has no demuxer for it."""
    theora = "-c:v", "libtheora", "-q:v", 8, "-c:a", "libvorbis"
    path = joined(tmp_path, "ogv", *theora, beside=True)
    index, reader = (
        index_packets(TrackPath(str(path)), MediaType.VIDEO),
        VideoReader(TrackPath(str(path))),
    )
    assert len(index) == len(list(reader.all())) == 50
    assert index.truncated


@pytest.mark.parametrize("encoder", [H264, H264_B, MPEG_4, ("-c:v", "mpeg4"), ("-c:v", "mjpeg")])
def test_pictures_of_avi_begin_with_its_sound(tmp_path: Path, encoder: tuple[object, ...]):
    """It says in which order they are decoded, and nothing else."""
    _, pictures = shown(by(*encoder, suffix="avi", count=20)(tmp_path))
    assert pictures == [(number / FPS, number) for number in range(20)]


def test_of_two_layers_the_upper_one_is_shown(tmp_path: Path):
    """FFmpeg's command shows both, one after the other, at the same time."""
    reader = VideoReader(TrackPath(str(layered(tmp_path))))
    pictures = list(reader.all())
    assert [counter(picture.to_ndarray(format="rgb24")) for picture in pictures] == list(range(50))
    assert {picture.width for picture in pictures} == {192}
    assert (reader.decoded.width, reader.decoded.size_changes) == (192, 0)


def test_pictures_that_are_refreshed_in_parts_are_shown_once_they_are_whole(tmp_path: Path):
    """The plan has them from the first one that others may begin with, at most a period earlier."""
    path = refreshed(tmp_path)
    index, pictures = shown(path)
    expected = shown_by_ffmpeg(path)
    assert [number for _, number in pictures] == [number for _, number in expected]
    assert len(pictures) > 25
    assert 0 <= pictures[0][0] - float(activity(index).span.start) <= 1


def test_two_recordings_of_a_browser_in_one_file_follow_each_other(tmp_path: Path):
    path = joined(tmp_path, "webm", *VP8, "-c:a", "libopus", "-live", 1, beside=True)
    index, pictures = shown(path)
    assert [number for _, number in pictures] == [*range(50), *range(100, 150)]
    assert index.links == 1
    assert pictures[50][0] == pytest.approx(2, abs=0.02)  # where sound of the first one ends
    heard = placed(path)[0]
    assert [level(heard, hz, 0.2, 1.8) > LEVEL / 2 for hz in (500, 900)] == [True, False]
    assert [level(heard, hz, 2.2, 3.8) > LEVEL / 2 for hz in (500, 900)] == [False, True]


def test_every_codec_that_reorders_is_known():
    """By what FFmpeg's own table says of its decoders."""
    known = {av.Codec(name).canonical_name: av.Codec(name) for name in decoders()}
    assert {name for name, codec in known.items() if codec.reorder} <= REORDERED


def decoders() -> list[str]:
    found = []
    for name in av.codecs_available:
        try:
            codec = av.Codec(name, "r")
        except ValueError:  # an encoder
            continue
        if codec.type == "video":
            found.append(name)
    return found


def chain(folder: Path, encoder: str, *hertz: int, serials: Sequence[int] = ()) -> Path:
    """Ogg files of two seconds each, one after the other."""
    links = []
    for number, hz in enumerate(hertz):
        more = (
            "-c:a",
            encoder,
            "-serial_offset",
            serials[number] if serials else number,
            "-f",
            "ogg",
        )
        links.append(sound(folder / "link.tmp", *tones(hz), *more).read_bytes())
    path = folder / "chain.ogg"
    path.write_bytes(b"".join(links))
    return path


def coded(*encoder: object, suffix: str = "wav", channels: int = 1, rate: int = RATE) -> Make:
    hertz = [440] * channels
    return lambda folder: sound(folder / f"s.{suffix}", *tones(*hertz, rate=rate), "-c:a", *encoder)


def with_gain(folder: Path, decibels: int) -> Path:
    """Opus that players are to make louder or softer (RFC 7845, 5.1: 8 bits before the point)."""
    path = coded("libopus", "-write_crc32", 0, suffix="mka")(folder)
    gain = (decibels * 256).to_bytes(2, "little", signed=True)
    return rewritten(path, rb"(OpusHead.{8})..", lambda match: match[1] + gain)


def laced(folder: Path) -> Path:
    """Opus in Matroska, eight packets of one size in each block (fixed-size lacing)."""
    path = coded("libopus", "-vbr", "off", "-live", 1, suffix="mka")(folder)
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    file = path.read_bytes().partition(CLUSTER)[0] + CLUSTER + b"\x01" + b"\xff" * 7
    file += b"\xe7\x81\x00"  # it begins at 0
    for at in range(0, len(packets) // LACE * LACE, LACE):
        head = b"\x81" + (at * 20).to_bytes(2, "big") + bytes([0x84, LACE - 1])
        block = head + b"".join(packets[at : at + LACE])
        file += b"\xa3" + (1 << 28 | len(block)).to_bytes(4, "big") + block
    path.write_bytes(file)
    return path


HEARD: dict[str, Make] = {
    "IMA ADPCM": coded("adpcm_ima_wav"),
    "IMA ADPCM, stereo": coded("adpcm_ima_wav", channels=2),
    "Microsoft's ADPCM": coded("adpcm_ms"),
    "Microsoft's ADPCM, stereo": coded("adpcm_ms", channels=2),
    "Yamaha's ADPCM": coded("adpcm_yamaha"),
    "IMA ADPCM of QuickTime": coded("adpcm_ima_qt", suffix="mov"),
    "G.722": coded("g722", rate=16_000),
    "G.726": coded("g726", "-b:a", "32k", rate=8000),
    "G.723.1": coded("g723_1", "-b:a", 6300, rate=8000),
    "G.711": coded("pcm_alaw", rate=8000),
    "8 bits, 11025 Hz": coded("pcm_u8", rate=11_025),
    "24 bits, 96 kHz": coded("pcm_s24le", rate=96_000),
    "64 bits": coded("pcm_f64le"),
    "MP3": coded("libmp3lame", suffix="mp3"),
    "MP2": coded("mp2", suffix="mka"),
    "AC-3": coded("ac3", suffix="mka"),
    "FLAC": coded("flac", suffix="flac"),
    "Vorbis": coded("libvorbis", suffix="ogg"),
    "Opus": coded("libopus", suffix="ogg"),
    "Opus, 60 ms": coded("libopus", "-frame_duration", 60, suffix="mka"),
    "Opus, 2.5 ms": coded("libopus", "-frame_duration", 2.5, suffix="mka"),
    "ALAC": coded("alac", suffix="m4a"),
    "AAC": coded("aac", suffix="m4a"),
    "AAC, transport stream": coded("aac", suffix="ts"),
    "AAC, ADTS": coded("aac", suffix="aac"),
    "Opus whose header has a gain": lambda f: with_gain(f, -12),
    "Opus of a sender that stops in silence": coded(
        "libopus", "-application", "voip", "-dtx", 1, suffix="mka"
    ),
    "Opus, laced": laced,
    "True Audio": coded("tta", suffix="mka"),
    "WavPack": coded("wavpack", suffix="mka"),
    "AMR": coded("libopencore_amrnb", suffix="3gp", rate=8000),
    "trimmed by an edit list": lambda f: trimmed(f, 1.2),
}


@pytest.mark.parametrize("serials", [(), (7, 7, 7)])
@pytest.mark.parametrize("encoder", ["libopus", "libvorbis", "flac"])
def test_links_of_a_chain_follow_each_other(tmp_path: Path, encoder: str, serials: tuple[int, ...]):
    path = chain(tmp_path, encoder, 500, 900, 1400, serials=serials)
    heard, start, missing = placed(path)
    assert (start, missing) == (0, 0)
    assert heard.shape[1] == pytest.approx(6 * RATE, abs=LINK_OFF)
    for second, hz in ((0, 500), (2, 900), (4, 1400)):
        assert level(heard, hz, second, second + 2) == pytest.approx(LEVEL, rel=LEVEL_TOLERANCE)
    index = index_packets(TrackPath(str(path)), MediaType.AUDIO)
    assert index.links == 2
    assert activity(index).span.end == pytest.approx(6, abs=0.01)


@pytest.mark.parametrize("offset_s", [0, 1.4, 5000, 95_440, 1_764_124_800.123])
@pytest.mark.parametrize("suffix", ["ts", "mkv"])
def test_a_clock_without_a_zero_counts_from_the_first_timestamp_of_the_file(
    tmp_path: Path, offset_s: float, suffix: str
):
    late_sound = "-itsoffset", 0.5, *tones(440)
    encoder = *H264, "-c:a", "aac", "-output_ts_offset", offset_s
    path = video(tmp_path / f"v.{suffix}", *encoder, beside=late_sound)
    start = 0 if suffix == "ts" else offset_s
    assert shown(path)[1][0] == (pytest.approx(start, abs=0.025), 0)
    assert placed(path)[1] / RATE == pytest.approx(start + 0.5, abs=0.025)


def test_aac_that_changes_rate_and_channels_is_heard_in_time(tmp_path: Path):
    parts = []
    for number, (hertz, rate) in enumerate(
        [((500,), 48_000), ((900, 900), 44_100), ((1300,), 48_000)]
    ):
        late = "-c:a", "aac", "-output_ts_offset", 10 + 2 * number
        parts.append(sound(tmp_path / "part.ts", *tones(*hertz, rate=rate), *late).read_bytes())
    path = tmp_path / "joined.ts"
    path.write_bytes(b"".join(parts))
    heard = placed(path)[0]
    for at, hz in ((0.1, 500), (1.8, 500), (2.1, 900), (3.8, 900), (4.1, 1300), (5.8, 1300)):
        assert level(heard, hz, at, at + 0.1) == pytest.approx(LEVEL, rel=LEVEL_TOLERANCE)


def placed(path: Path) -> tuple[NDArray[np.float32], int, int]:
    """All sound of a file on one grid; where it begins in samples, and how many are missing."""
    reader = SoundReader(TrackPath(str(path)))
    chunks = list(reader.blocks())
    assert not reader.decoded.errors
    reader.close()
    start = chunks[0].position
    end = chunks[-1].position + chunks[-1].samples.shape[1]
    whole = np.zeros((2, end - start), np.float32)
    missing = 0
    for before, after in pairwise(chunks):
        missing += after.position - before.position - before.samples.shape[1]
    for chunk in chunks:
        at = chunk.position - start
        whole[:, at : at + chunk.samples.shape[1]] = chunk.samples
    return whole, start, missing


def level(heard: NDArray[np.float32], hz: float, start: float, end: float) -> float:
    """Amplitude of a tone in a stretch of seconds, left channel."""
    piece = heard[0, round(start * RATE) : round(end * RATE)].astype(np.float64)
    turns = np.exp(-2j * np.pi * hz * np.arange(len(piece)) / RATE)
    return float(
        2 * abs((piece * turns * np.hanning(len(piece))).sum()) / np.hanning(len(piece)).sum()
    )


@pytest.mark.parametrize("name", HEARD)
def test_every_sample_is_heard_as_other_players_sound_it(tmp_path: Path, name: str):
    path = HEARD[name](tmp_path)
    heard, _, missing = placed(path)
    expected = heard_by_ffmpeg(path, channels=2 if "stereo" in name else 1)
    assert missing == 0
    assert heard.shape[1] == pytest.approx(expected.shape[1], abs=SAMPLES_OFF)
    length = min(heard.shape[1], expected.shape[1])
    assert np.abs(heard[:, :length] - expected[:, :length]).max() < DIFFERENCE
