"""Rectangles of overlays: anchored, within limits, on even edges, whatever the fonts."""

from __future__ import annotations

import pytest

from roomreel.model.clock import Clock
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import Anchor, Box, Style
from roomreel.model.overlay import ClockOverlay, ImageOverlay, TextOverlay
from roomreel.plan.placing import rect_of, scaled

CANVAS = Size(1280, 720)
LOGO = Size(400, 128)


def text(**changes):
    return TextOverlay(text="a", **changes)


def image(**changes):
    return ImageOverlay(image="logo.png", **changes)


@pytest.mark.parametrize(
    ("overlay", "rect"),
    [
        (text(), (16, 656, 1264, 48)),
        (text(anchor=Anchor.TOP_RIGHT, x=24, y=24), (0, 24, 1256, 48)),
        (text(anchor=Anchor.TOP, x=100, y=0), (100, 0, 1080, 48)),
        (text(anchor=Anchor.CENTER, x=0, width=300), (490, 336, 300, 48)),
        (text(width=101, x=0, y=0, anchor=Anchor.TOP_LEFT), (0, 0, 102, 48)),
        (text(x=17, y=17, anchor=Anchor.TOP_LEFT, width=100), (16, 16, 102, 50)),
        # Its height is that of its lines, whatever room there is.
        (text(height=400), (16, 656, 1264, 48)),
        (text(style=Style(lines=3)), (16, 584, 1264, 120)),
        (text(style=Style(box=None)), (16, 668, 1264, 36)),
        (text(style=Style(size=25, box=None)), (16, 666, 1264, 38)),
        (text(style=Style(box=Box(padding=0))), (16, 668, 1264, 36)),
        (
            ClockOverlay(clock=Clock.ROOM, anchor=Anchor.BOTTOM_RIGHT),
            (1100, 656, 164, 48),
        ),
        (ClockOverlay(clock=Clock.ROOM, format="MM:SS", width=900), (16, 656, 108, 48)),
    ],
)
def test_the_place_of_a_text_or_a_clock(overlay, rect):
    assert rect_of(overlay, CANVAS) == Rect(*rect)


@pytest.mark.parametrize(
    ("overlay", "own", "rect"),
    [
        (image(), LOGO, (16, 576, 400, 128)),
        (image(anchor=Anchor.TOP_RIGHT, x=24, y=24, height=64), LOGO, (1056, 24, 200, 64)),
        (image(width=100), LOGO, (16, 672, 100, 32)),
        (image(width=100, height=100), LOGO, (16, 672, 100, 32)),
        (image(width=800, height=800 - 96), LOGO, (16, 448, 800, 256)),
        (image(anchor=Anchor.CENTER), LOGO, (440, 296, 400, 128)),
        # Larger than what is left: as large as that.
        (image(), Size(4000, 1000), (16, 388, 1264, 316)),
        (image(anchor=Anchor.CENTER, x=40, y=0), Size(4000, 1000), (40, 210, 1200, 300)),
        (image(x=0, y=0), Size(1281, 1), (0, 718, 1280, 2)),
        (image(x=0, y=0), Size(1, 5000), (0, 0, 2, 720)),
        (image(x=0, y=0), Size(1, 1), (0, 718, 2, 2)),
    ],
)
def test_the_place_of_an_image(overlay, own, rect):
    assert rect_of(overlay, CANVAS, own) == Rect(*rect)


def test_on_an_odd_canvas_it_may_reach_into_the_line_that_is_added():
    wide = TextOverlay(text="a", x=0, y=0)
    assert rect_of(wide, Size(641, 361)) == Rect(0, 312, 642, 50)


def test_a_picture_keeps_its_proportions():
    for own in (Size(400, 128), Size(1, 8192), Size(8192, 1), Size(3, 7)):
        for most in (Size(64, 64), Size(1, 1), Size(1000, 3), Size(3, 1000)):
            found = scaled(own, most)
            assert 1 <= found.width <= most.width
            assert 1 <= found.height <= most.height
            assert found.width == most.width or found.height == most.height
            # Off by half a pixel on the side that was rounded.
            off = abs(found.width * own.height - found.height * own.width)
            assert 2 * off <= max(own.width, own.height) or 1 in {found.width, found.height}
