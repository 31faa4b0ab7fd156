"""What is drawn, blended into levels of pictures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.media.colour import BT601, BT709, levels, output_matrix
from roomreel.media.patch import Patch, fill_patch, make_patch
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import Colour

RECT = Rect(2, 4, 6, 8)


def canvas(y: int = 200, u: int = 100, v: int = 150) -> list[np.ndarray]:
    return [
        np.full(shape, level, np.uint8)
        for shape, level in (((16, 16), y), ((8, 8), u), ((8, 8), v))
    ]


def pixels(color: Colour, rect: Rect = RECT) -> np.ndarray:
    whole = np.empty((rect.height, rect.width, 4), np.uint8)
    whole[:] = color.red, color.green, color.blue, color.alpha
    return whole


def blended(patch: Patch | None, under: list[np.ndarray]) -> list[np.ndarray]:
    assert patch is not None
    patch.blend(under)
    return under


def test_a_black_box_of_half_lets_the_other_half_through():
    half_black = Colour(0, 0, 0, 0x80)
    for patch in (
        fill_patch(half_black, 100, RECT, BT709),
        make_patch(pixels(half_black), 100, RECT, BT709),
    ):
        y, u, v = blended(patch, canvas())
        assert (y[5, 3], u[3, 2], v[3, 2]) == (107, 115, 139)


@pytest.mark.parametrize(
    ("height", "encoder", "expected"),
    [
        (720, "libx264", (63, 102, 240)),
        (480, "libx264", (81, 90, 240)),
        (720, "libvpx", (81, 90, 240)),
        (480, "libvpx", (81, 90, 240)),
    ],
)
def test_red_is_the_red_of_the_matrix_of_the_output(height, encoder, expected):
    matrix = output_matrix(Size(height * 16 // 9, height), encoder)
    y, u, v = blended(fill_patch(Colour(255, 0, 0), 100, RECT, matrix), canvas())
    assert (y[4, 2], u[2, 1], v[2, 1]) == expected


@pytest.mark.parametrize("matrix", [BT601, BT709])
def test_grey_has_no_colour_and_levels_go_from_16_to_235(matrix):
    grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    y, u, v = levels(grey, matrix)
    assert (int(y[0]), int(y[255])) == (16, 235)
    assert (np.diff(y.astype(int)) >= 0).all()
    assert (u == 128).all()
    assert (v == 128).all()


def test_every_blend_is_within_one_level_of_the_exact_one_and_none_overflows():
    # Every level of what is below, of what colours have, and of alpha.
    under = np.arange(256, dtype=np.uint16)[:, None]
    for level in range(16, 241):
        alpha = np.arange(257, dtype=np.int32)[None, :]
        added = (((level * alpha + 128) >> 8) * 256 + 128).astype(np.uint16)
        rest = (256 - alpha).astype(np.uint16)
        out = (under * rest + added) >> 8
        whole = under.astype(int) * rest + added
        assert whole.max() < 1 << 16
        exact = (under * (256 - alpha) + level * alpha) / 256
        assert out.max() <= 255
        assert np.abs(out - exact).max() <= 1
        assert (out[:, 0] == under[:, 0]).all()
        assert (out[:, 256] == level).all()


@given(
    st.builds(Colour, *[st.integers(0, 255)] * 4),
    st.integers(0, 100),
    st.integers(0, 255),
    st.integers(0, 255),
)
def test_a_fill_is_blended_as_its_pixels_are(color, opacity, luma, chroma):
    fill = fill_patch(color, opacity, RECT, BT601)
    drawn = make_patch(pixels(color), opacity, RECT, BT601)
    filled = blended(fill, canvas(luma, chroma, chroma))
    patched = canvas(luma, chroma, chroma)
    if drawn is not None:
        drawn.blend(patched)
    alpha = (color.alpha * opacity * 256 + 12750) // 25500
    assert fill.opaque == (alpha == 256)
    for one, other in zip(filled, patched, strict=True):
        assert (one == other).all()
    exact = levels(np.array([[color.red, color.green, color.blue]], np.uint8), BT601)
    for plane, before, wanted in zip(filled, (luma, chroma, chroma), exact, strict=True):
        inside = float(plane[plane.shape[0] // 2, plane.shape[1] // 4])
        assert abs(inside - (before * (256 - alpha) + int(wanted[0]) * alpha) / 256) <= 1


def test_nothing_outside_of_the_rectangle_is_touched():
    under = canvas()
    blended(fill_patch(Colour(1, 2, 3), 100, RECT, BT601), under)
    for plane, before, step in zip(under, canvas(), (1, 2, 2), strict=True):
        x, y = RECT.x // step, RECT.y // step
        plane[y : y + RECT.height // step, x : x + RECT.width // step] = before[0, 0]
        assert (plane == before).all()


def test_only_what_is_seen_is_kept_with_even_edges():
    drawn = np.zeros((8, 6, 4), np.uint8)
    drawn[3, 3] = 255
    patch = make_patch(drawn, 100, RECT, BT601)
    assert patch is not None
    assert patch.rect == Rect(4, 6, 2, 2)
    y, _, _ = blended(patch, canvas(16, 128, 128))
    assert y[7, 5] == 235
    assert (y == 16).sum() == y.size - 1
    assert make_patch(np.zeros((8, 6, 4), np.uint8), 100, RECT, BT601) is None


@given(st.integers(0, 2**32 - 1))
def test_a_part_is_blended_as_the_whole_is_there(seed):
    random = np.random.default_rng(seed)
    drawn = random.integers(0, 256, (8, 6, 4), np.uint8)
    patch = make_patch(drawn, int(random.integers(1, 101)), RECT, BT709)
    assert patch is not None
    x, y = (int(at) for at in random.integers(0, 8, 2) * 2)
    part = Rect(x, y, 6, 6)
    whole, cut, before = canvas(), canvas(), canvas()
    patch.blend(whole)
    patch.blend(cut, part)
    for one, other, under, step in zip(cut, whole, before, (1, 2, 2), strict=True):
        rows, columns = slice(y // step, (y + 6) // step), slice(x // step, (x + 6) // step)
        under[rows, columns] = other[rows, columns]
        assert (one == under).all()


def test_chroma_is_that_of_what_four_pixels_weigh():
    drawn = np.zeros((2, 2, 4), np.uint8)
    drawn[0, 0] = 255, 0, 0, 255  # the others are blue, but nothing of them is seen
    drawn[0, 1, 2] = drawn[1, :, 2] = 255
    y, u, v = blended(make_patch(drawn, 100, Rect(0, 0, 2, 2), BT601), canvas(16, 128, 128))
    assert (y[0, 0], y[0, 1]) == (81, 16)
    assert (u[0, 0], v[0, 0]) == (119, 156)  # a quarter of 90 and 240, three of 128
