"""Patches: drawings as they are blended into pictures, in fixed point, inside a rectangle."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from roomreel.media.colour import Matrix, levels
from roomreel.media.frames import Pixels, Plane
from roomreel.model.geometry import Rect
from roomreel.model.look import Colour

Values = NDArray[np.uint16]

ONE = 256
"""An alpha that leaves nothing of what is below."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Y, U and V to be blended into a rectangle of even edges; of one colour, one of each.

    Attributes:
        added: levels times alpha, in 1/256, with half a level for rounding.
        rest: how much of what is below is left, of 256, for luma and for chroma.
        opaque: nothing of what is below is left.
        hole: of even edges; nothing of the patch is seen in it.
    """

    rect: Rect
    added: tuple[Values, Values, Values]
    rest: tuple[Values, Values]
    opaque: bool
    hole: Rect | None = None

    @property
    def size_bytes(self) -> int:
        """The memory that it takes."""
        return sum(values.nbytes for values in (*self.added, *self.rest))

    def blend(self, canvas: Sequence[Plane], within: Rect | None = None) -> None:
        """Blend it into the planes of a picture.

        Args:
            within: of even edges; nothing outside of it is touched. None: all of the picture.
        """
        for part in self.parts:
            rect = part if within is None else part.common(within)
            if rect.width and rect.height:
                self._blend(canvas, rect)

    @property
    def parts(self) -> tuple[Rect, ...]:
        """The rectangles of even edges outside of which nothing of it is seen."""
        return (self.rect,) if self.hole is None else _around(self.hole, self.rect)

    def _blend(self, canvas: Sequence[Plane], rect: Rect) -> None:
        rests = self.rest[0], self.rest[1], self.rest[1]
        for plane, added, rest, step in zip(canvas, self.added, rests, (1, 2, 2), strict=True):
            under = plane[rect.rows(step), rect.columns(step)]
            mixed = under * _cut(rest, self.rect, rect, step)
            mixed += _cut(added, self.rect, rect, step)
            mixed >>= 8
            under[:] = mixed


def fill_patch(color: Colour, opacity: int, rect: Rect, matrix: Matrix) -> Patch:
    """Return a patch of one colour, which costs no memory.

    Args:
        opacity: per cent.
        rect: of even edges.
    """
    pixels = np.array([[[color.red, color.green, color.blue, color.alpha]]], np.uint8)
    values, alpha = _premultiplied(pixels, opacity, matrix)
    y, u, v = ((value + 128) >> 8 for value in values)
    return _patch(rect, (y, u, v), (alpha, alpha))


def make_patch(pixels: Pixels, opacity: int, rect: Rect, matrix: Matrix) -> Patch | None:
    """Return the patch of what was drawn, no larger than what is seen of it; None: nothing is.

    Args:
        pixels: RGBA of the size of the rectangle.
        opacity: per cent.
        rect: of even edges.
    """
    seen = _seen(pixels[..., 3])
    if seen is None:
        return None
    pixels = pixels[seen.rows(), seen.columns()]
    values, alpha = _premultiplied(pixels, opacity, matrix)
    y = (values[0] + 128) >> 8
    # Of four pixels the mean of what they weigh, rounded once.
    u, v = ((_sum(value) + 512) >> 10 for value in values[1:])
    place = Rect(rect.x + seen.x, rect.y + seen.y, seen.width, seen.height)
    patch = _patch(place, (y, u, v), (alpha, (_sum(alpha) + 2) >> 2))
    return replace(patch, hole=_hole(alpha, place))


def _patch(
    rect: Rect,
    planes: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
    alphas: tuple[NDArray[np.int32], NDArray[np.int32]],
) -> Patch:
    y, u, v = ((plane * ONE + ONE // 2).astype(np.uint16) for plane in planes)
    luma, chroma = ((ONE - alpha).astype(np.uint16) for alpha in alphas)
    return Patch(rect, (y, u, v), (luma, chroma), not luma.any())


def _premultiplied(
    pixels: Pixels, opacity: int, matrix: Matrix
) -> tuple[list[NDArray[np.int32]], NDArray[np.int32]]:
    """Return Y, U and V times alpha, and alpha, of 256."""
    alpha = (pixels[..., 3].astype(np.int32) * (opacity * 256) + 12750) // 25500
    return [plane * alpha for plane in levels(pixels[..., :3], matrix)], alpha


def _sum(values: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the sums of 2x2 pixels."""
    rows = values[0::2] + values[1::2]
    return rows[:, 0::2] + rows[:, 1::2]


def _seen(alpha: Plane) -> Rect | None:
    """Return the smallest rectangle of even edges outside of which nothing is seen."""
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not len(rows):
        return None
    x, y = int(columns[0]) // 2 * 2, int(rows[0]) // 2 * 2
    return Rect(x, y, int(columns[-1]) // 2 * 2 + 2 - x, int(rows[-1]) // 2 * 2 + 2 - y)


def _hole(alpha: NDArray[np.int32], rect: Rect) -> Rect | None:
    """Return the rectangle in the middle in which nothing is seen; None where it is not most."""
    insets = range(2, min(rect.width, rect.height) // 2, 2)
    number = bisect_left(insets, True, key=lambda by: not alpha[by:-by, by:-by].any())
    hole = rect.inset(insets[number]) if number < len(insets) else Rect(0, 0, 0, 0)
    return hole if 2 * hole.width * hole.height > rect.width * rect.height else None


def _around(hole: Rect, rect: Rect) -> tuple[Rect, ...]:
    """Return four rectangles that make up one rectangle but for a hole in it."""
    return (
        Rect(rect.x, rect.y, rect.width, hole.y - rect.y),
        Rect(rect.x, hole.y, hole.x - rect.x, hole.height),
        Rect(hole.right, hole.y, rect.right - hole.right, hole.height),
        Rect(rect.x, hole.bottom, rect.width, rect.bottom - hole.bottom),
    )


def _cut(values: Values, whole: Rect, part: Rect, step: int) -> Values:
    if values.size == 1 or part == whole:  # one value is that of every pixel
        return values
    moved = Rect(part.x - whole.x, part.y - whole.y, part.width, part.height)
    return values[moved.rows(step), moved.columns(step)]
