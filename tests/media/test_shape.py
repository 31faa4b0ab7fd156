"""The shape of coded pictures, as an index of packets tells it."""

from fractions import Fraction
from types import SimpleNamespace

import pytest
from clips import Clips

from roomreel.media.probe import index_packets
from roomreel.media.stream_parameters import key_frame_parameters, stated_parameters
from roomreel.model.media import TrackPath
from roomreel.model.room import MediaType

SQUARE, PLAIN = Fraction(1), (0, 0)

CLIPS = {
    "vp8": (lambda c: c.video(seconds=1), (*PLAIN, SQUARE)),
    "vp8, odd": (lambda c: c.video(size=(321, 241), seconds=1), (*PLAIN, SQUARE)),
    "vp9": (lambda c: c.video(codec="vp9", seconds=1), (*PLAIN, SQUARE)),
    "h264": (lambda c: c.video(codec="h264", seconds=1), (*PLAIN, SQUARE)),
    "av1, whose key frames are not read": (
        lambda c: c.video(codec="av1", seconds=1),
        (None, None, SQUARE),
    ),
    "vp8 of three sizes": (lambda c: c.resized(), (0, 2, SQUARE)),
    "vp9 of three sizes": (lambda c: c.resized(codec="vp9"), (0, 2, SQUARE)),
    "vp8 whose container lies": (
        lambda c: c.headed(c.video(seconds=1), (640, 480)),
        (0, 1, SQUARE),
    ),
    "vp8, turned": (lambda c: c.video(seconds=1, rotation=90), (90, 0, SQUARE)),
    "h264, turned": (lambda c: c.video(codec="h264", seconds=1, rotation=180), (180, 0, SQUARE)),
    "vp8, oblong": (
        lambda c: c.video(seconds=1, sample_aspect=Fraction(4, 3)),
        (0, 0, Fraction(427, 320)),  # FFmpeg's word for 4:3 in whole pixels of 320
    ),
}


@pytest.mark.parametrize("name", CLIPS)
def test_an_index_tells_rotation_changes_and_aspect(clips: Clips, name: str):
    make, expected = CLIPS[name]
    index = index_packets(TrackPath(str(make(clips))), MediaType.VIDEO)
    assert (index.rotation, index.shape_changes, index.sample_aspect) == expected
    assert index.pixel_format == "yuv420p"


def test_an_index_of_sound_has_no_shape(clips: Clips):
    index = index_packets(TrackPath(str(clips.tone(seconds=1))), MediaType.AUDIO)
    assert (index.pixel_format, index.rotation, index.shape_changes) == ("", None, None)


def test_key_frames_of_noise_say_nothing(clips: Clips):
    clip = clips.corrupted(clips.video(seconds=1, gop=10))
    assert index_packets(TrackPath(str(clip)), MediaType.VIDEO).shape_changes == 0


SETS = b"\x67\x42\x00\x0d\xaa", b"\x67\x42\x00\x0d\xbb"
PICTURE = b"\x65\x88\x80"


def avcc(sequence: bytes) -> bytes:
    return b"\x01\x42\x00\x0d\xff\xe1" + len(sequence).to_bytes(2) + sequence + b"\x01\x00\x00"


def prefixed(*units: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(4) + unit for unit in units)


def started(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + unit for unit in units)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("sequence", SETS)
def test_h264_is_told_by_its_sequence_parameter_sets(header: bool, sequence: bytes):
    extradata = avcc(SETS[0]) if header else started(SETS[0], b"\x68\xce")
    context = SimpleNamespace(extradata=extradata)
    join = prefixed if header else started
    found = key_frame_parameters("h264", context, join(sequence, b"\x68\xce", PICTURE))
    assert stated_parameters("h264", context) == SETS[0]
    assert found == sequence
    assert key_frame_parameters("h264", context, join(PICTURE)) is None


DAMAGED = [
    b"",
    b"\0",
    b"\xff" * 3,
    b"\0\0\0\1",
    b"\xff\xff\xff\xff\x67",
    bytes(9),
    b"\x82\x49\x83\x42",
]


@pytest.mark.parametrize("data", DAMAGED)
@pytest.mark.parametrize("codec", ["vp8", "vp9", "h264"])
@pytest.mark.parametrize("extradata", [None, b"\x01", avcc(SETS[0])[:9]])
def test_damaged_key_frames_say_nothing(codec: str, data: bytes, extradata: bytes | None):
    context = SimpleNamespace(extradata=extradata, width=1, height=1)
    assert key_frame_parameters(codec, context, data) is None
    stated_parameters(codec, context)
