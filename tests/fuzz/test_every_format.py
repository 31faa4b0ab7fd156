"""Every layout, rate, size, pose, colour and pixel format that FFmpeg can write is used, or named.

What is used has to be seen and heard: a grey picture is grey in its cell, a tone is in the sound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random

import every_format as every
import pytest
from fuzz_rooms import Odd, compose_all
from tally import SEED, Tally

KINDS: dict[str, Callable[[Path, Random], Iterator[Odd]]] = {
    "pixel formats": lambda folder, _: every.each_pixel_format(folder),
    "sizes": lambda folder, _: every.each_size(folder),
    "colours": lambda folder, _: every.each_colour(folder),
    "poses": every.each_pose,
    "aspects and frame rates": lambda folder, _: every.each_shape_and_rate(folder),
    "channel layouts and sample rates": lambda folder, _: every.each_layout_and_rate(folder),
    "sounds": every.each_sound,
}

SOUNDS = {"channel layouts and sample rates", "sounds"}


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", KINDS)
def test_every_one(kind: str, tmp_path: Path):
    tally = Tally(kind, SEED)
    files = KINDS[kind](tmp_path, Random(SEED))
    compose_all(files, tmp_path, tally, size=24 if kind in SOUNDS else 12)

    tally.close()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["poses", "channel layouts and sample rates"])
def test_a_few(kind: str, tmp_path: Path):
    tally = Tally(kind, 0)
    compose_all(islice(KINDS[kind](tmp_path, Random(0)), 12), tmp_path, tally)
    tally.close()


def test_ffmpeg_tells_what_it_can_write():
    assert len(every.encoders("V")) > 50
    assert len(every.encoders("A")) > 40
    assert {"yuv420p", "rgb48le", "monob"} <= set(every.pixel_formats())
    assert {"mono", "5.1(side)", "22.2", "64C"} <= set(every.layouts())
    assert {"bt709", "bt2020nc"} <= set(every.values("colorspace"))
    assert {"tv", "pc"} <= set(every.values("range"))
    assert "yuv420p10le" in every.supported("ffv1", "pixel formats")
    assert "48000" in every.supported("libopus", "sample rates")
