"""Pictures of any size and shape of pixel are shown whole, in their proportions."""

from fractions import Fraction

import numpy as np
import pytest
from av import VideoFrame

from roomreel.media.colour import BT601
from roomreel.media.fit import Fitter
from roomreel.model.geometry import Rect

CELL = Rect(10, 20, 320, 180)
DARK, BRIGHT = 60, 190
LEVELS = 24
"""By which the middle of a quarter may differ: of a large picture, one pixel may be the edge."""

SHAPES = [
    *(((width, height), Fraction(1)) for width, height in ((1, 1), (2, 2), (16, 16), (321, 181))),
    *(((width, height), Fraction(1)) for width, height in ((2560, 80), (64, 1280), (7680, 4320))),
    *(((64, 64), Fraction(*pixel)) for pixel in ((1, 10_000), (10_000, 1), (1, 255), (64, 45))),
]


@pytest.mark.parametrize(("size", "pixel"), SHAPES)
def test_a_picture_is_whole_and_in_its_proportions(size: tuple[int, int], pixel: Fraction):
    width, height = size
    grey = np.full((height, width), DARK, np.uint8)
    grey[height // 2 :, width // 2 :] = BRIGHT
    frame = VideoFrame.from_ndarray(grey, "gray")
    picture = Fitter(CELL, BT601).fit(frame, pixel)
    assert picture is not None
    rect = picture.rect
    scale = min(CELL.width / (width * pixel), Fraction(CELL.height, height))
    expected = width * pixel * scale, height * scale
    for found, exact in zip((rect.width, rect.height), expected, strict=True):
        assert found == pytest.approx(float(max(exact, 2)), abs=2)
    assert CELL.x <= rect.x
    assert CELL.y <= rect.y
    assert rect.x + rect.width <= CELL.x + CELL.width
    assert rect.y + rect.height <= CELL.y + CELL.height
    if min(rect.width, rect.height, width, height) >= 8:
        luma = picture.planes[0].astype(float)
        middles = [(y, x) for y in (1, 3) for x in (1, 3)]
        found = [luma[rect.height * y // 4, rect.width * x // 4] for y, x in middles]
        levels = [16 + level * 219 / 255 for level in (DARK, DARK, DARK, BRIGHT)]
        assert found == pytest.approx(levels, abs=LEVELS)
