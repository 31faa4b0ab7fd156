"""Shapes of cells as pixels."""

from __future__ import annotations

import numpy as np
import pytest

import roomreel.media.patch
from roomreel.media.colour import BT709
from roomreel.media.draw import draw
from roomreel.media.patch import make_patch
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import Border, Colour, Initials, MicOff

RED = Colour(255, 0, 0)


def test_a_border_is_a_line_along_the_inside():
    alpha = draw(Border(3, RED), Size(40, 20))[..., 3]
    assert (alpha[3:-3, 3:-3] == 0).all()
    assert alpha.sum() == 255 * (40 * 20 - 34 * 14)


def test_a_border_follows_rounded_corners():
    pixels = draw(Border(4, Colour(255, 0, 0, 128), 12), Size(60, 40))
    alpha = pixels[..., 3]
    assert alpha.max() == 128
    assert (alpha[0, 0], alpha[20, 0], alpha[20, 3], alpha[20, 4]) == (0, 128, 128, 0)
    # A line as wide in the corners, with edges between all and nothing.
    assert 0 < alpha[3, 3] < 128
    assert (alpha == alpha[::-1]).all()
    assert (alpha == alpha[:, ::-1]).all()
    diagonal = alpha[range(20), range(20)].astype(int).sum() * np.sqrt(2) / 128
    assert diagonal == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize("size", [Size(2, 2), Size(16, 16), Size(80, 16)])
def test_a_border_wider_than_its_cell_fills_it(size):
    assert (draw(Border(40, RED), size)[..., 3] == 255).all()


@pytest.mark.parametrize("border", [Border(1, RED), Border(4, RED, 12), Border(7, RED, 200)])
@pytest.mark.parametrize("size", [Size(320, 180), Size(64, 48), Size(16, 16)])
def test_a_patch_with_a_hole_is_blended_as_without(border, size, monkeypatch):
    rect = Rect(2, 4, size.width, size.height)
    pixels = draw(border, size)
    patch = make_patch(pixels, 100, rect, BT709)
    monkeypatch.setattr(roomreel.media.patch, "_hole", lambda *_: None)
    whole = make_patch(pixels, 100, rect, BT709)
    assert patch is not None
    assert whole is not None
    assert whole.hole is None
    shapes = [(200, 330), (100, 165), (100, 165)]
    before = [np.random.default_rng(1).integers(16, 235, shape, np.uint8) for shape in shapes]
    expected, at_once, piecemeal = ([plane.copy() for plane in before] for _ in range(3))
    whole.blend(expected)
    patch.blend(at_once)
    for part in split(Rect(0, 0, 330, 200), 14, 10):
        patch.blend(piecemeal, part)
    for one, other, third in zip(expected, at_once, piecemeal, strict=True):
        assert (one == other).all()
        assert (one == third).all()


def split(rect: Rect, x: int, y: int) -> list[Rect]:
    """Four rectangles that meet at a point and make up one."""
    return [
        Rect(rect.x, rect.y, x, y),
        Rect(rect.x + x, rect.y, rect.width - x, y),
        Rect(rect.x, rect.y + y, x, rect.height - y),
        Rect(rect.x + x, rect.y + y, rect.width - x, rect.height - y),
    ]


def test_the_middle_of_a_thin_border_costs_nothing():
    patch = make_patch(draw(Border(3, RED, 12), Size(320, 180)), 100, Rect(0, 0, 320, 180), BT709)
    assert patch is not None
    assert patch.hole is not None
    assert patch.hole.contains(Rect(12, 12, 296, 156))
    assert sum(part.width * part.height for part in patch.parts) < 320 * 180 / 4


@pytest.mark.parametrize("size", [Size(640, 360), Size(90, 160), Size(16, 16), Size(2, 2)])
@pytest.mark.parametrize("text", ["AL", "a", "مع", "田太", "👨‍👩‍👧S", "नि", ""])
def test_initials_stand_in_the_middle_of_a_disc(text, size):
    pixels = draw(Initials(text, RED), size)
    assert pixels.shape == (size.height, size.width, 4)
    assert (pixels[..., 3] == 255).all()
    if size.width < 16:
        return
    ground = pixels[0, 0, :3]
    across = np.flatnonzero((pixels[..., :3] != ground).any(axis=(0, 2)))
    assert abs(int(across[0] + across[-1]) - size.width + 1) <= 1
    assert int(ground.sum()) < 255
    white = (pixels[..., :3].min(axis=2) > 200).any()
    assert white == (bool(text) and size.width > 40)


def test_initials_are_capitals_that_no_script_joins():
    wide = [draw(Initials(text, RED), Size(320, 180)) for text in ("ab", "AB", "aB")]
    assert all((one == wide[0]).all() for one in wide)
    joined = draw(Initials("سس", RED), Size(320, 180))
    letters = (joined[..., :3].min(axis=2) > 128).any(axis=0)
    runs = np.flatnonzero(np.diff(letters.astype(int)))
    assert len(runs) == 4


@pytest.mark.parametrize(
    ("color", "dark"), [("#ffe066", True), ("#ffffff", True), (str(RED), False)]
)
def test_letters_are_dark_on_a_light_colour(color, dark):
    pixels = draw(Initials("W", Colour.parse(color)), Size(320, 180))
    assert (pixels[60:120, 110:210, :3].sum(axis=2).min() < 100) == dark


@pytest.mark.parametrize("size", [8, 24, 25, 200])
def test_a_microphone_is_crossed_out_on_a_disc(size):
    pixels = draw(MicOff(), Size(size + size % 2, size + size % 2))
    side = len(pixels)
    assert (pixels[0, 0, 3], pixels[side // 2, side // 2, 3]) == (0, 255)
    assert (pixels[..., 3] == pixels[::-1, :, 3]).all()
    covered = pixels[..., 3] == 255
    white = (pixels[..., :3].min(axis=2) > 128) & covered
    assert 0.1 < white.sum() / covered.sum() < 0.4
    # From above on the left to below on the right there is a line.
    places = [side * part // 100 for part in (35, 50, 65)]
    assert pixels[places, places, :3].min() > 128


def test_a_microphone_keeps_its_shape_in_a_wide_rectangle():
    pixels = draw(MicOff(), Size(60, 40))
    assert (pixels[:, :10, 3] == 0).all()
    assert (pixels[:, 10:50] == draw(MicOff(), Size(40, 40))).all()
