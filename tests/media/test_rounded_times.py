"""Pictures whose timestamps a container has rounded: each is shown once, in the frame it is for."""

from fractions import Fraction
from itertools import product
from math import floor
from pathlib import Path

import av
import numpy as np
import pytest
from clip_rooms import Track, room
from clips import Clips, counter
from composing import compose_room

from roomreel.media.video import VideoReader
from roomreel.model.media import TrackPath

COUNT = 121
RATES = [Fraction(rate) for rate in (24, 25, 30, 50, 60)] + [Fraction(30_000, 1001)]
TICKS_A_SECOND = {"mkv": [1000], "mov": [600, 1000, 12_800, 90_000], "avi": [0]}
"""By ending; 0: a tick is a frame, and the first one is 0."""


def rounded(path: Path, times: list[int], base: Fraction) -> Path:
    """A file of pictures at ticks of a clock."""
    scale = {"video_track_timescale": str(base.denominator)} if path.suffix == ".mov" else {}
    with av.open(str(path), "w", options=scale) as file:
        stream = file.add_stream("mjpeg", rate=1 / base if path.suffix == ".avi" else 30)
        stream.width = stream.height = 16
        stream.pix_fmt = "yuvj420p"
        stream.time_base = stream.codec_context.time_base = base
        for pts in times:
            picture = av.VideoFrame.from_ndarray(np.zeros((24, 16), np.uint8), "yuvj420p")
            picture.pts, picture.time_base = pts, base
            for packet in stream.encode(picture):
                file.mux(packet)
        file.mux(stream.encode())
    return path


CASES = [
    pytest.param(rate, ending, per_second, id=f"{float(rate):g}-{ending}-{per_second}")
    for rate, ending in product(RATES, TICKS_A_SECOND)
    for per_second in TICKS_A_SECOND[ending]
]


@pytest.mark.parametrize(("rate", "ending", "per_second"), CASES)
def test_each_picture_is_shown_once(rate: Fraction, ending: str, per_second: int, tmp_path: Path):
    """Whichever frame the first one is for, and whether time counts from there or from 0."""
    base = Fraction(1, per_second) if per_second else 1 / rate
    for first in (0, 1, 2, 7) if per_second else (0,):
        times = [round((first + number) / rate / base) for number in range(COUNT)]
        path = TrackPath(str(rounded(tmp_path / f"{first}.{ending}", times, base)))
        stored = [picture.pts for picture in VideoReader(path).all()]
        for begins in {first / rate, stored[0] * base}:
            reader = VideoReader(path)
            assert reader.time_base == base
            instants = (floor((begins + frame / rate) / base) for frame in range(COUNT))
            shown = [picture and picture.pts for picture in map(reader.newest, instants)]
            assert shown == stored, f"first {first}, from {begins}"


def test_a_camera_that_begins_with_the_second_frame(tmp_path: Path, clips: Clips):
    """Its timestamps and the room's zero are rounded, in opposite directions."""
    camera = clips.counted(seconds=1, fps=60, start=Fraction(1, 60))
    layout = {
        "video_layout": {"grid": {"video_sources": ["*"]}},
        "resolution": "384x240",
        "frame_rate": 60,
        "format": "mp4",
    }
    made = compose_room(tmp_path, room(tmp_path, [Track("ann", "camera", camera)]), layout)
    assert [counter(pixels) for _, pixels in made.pictures()] == list(range(60))
