"""Patches: drawings as they are blended into pictures, in fixed point, inside a rectangle."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from roomreel.media.colour import Matrix, levels
from roomreel.media.facing import STEPS, Facing, Values
from roomreel.media.frames import Pixels, Plane
from roomreel.model.geometry import Rect
from roomreel.model.look import Colour

ONE = 256
"""An alpha that leaves nothing of what is below."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Rectangles of a patch that are blended at once.

    Attributes:
        values: for Y, U and V how much of what is below is left, of 256; and levels times alpha,
            in 1/256, with half a level for rounding.
        opaque: nothing of what is below is left.
    """

    place: Facing
    values: tuple[tuple[Values, Values], ...]
    opaque: bool


@dataclass(frozen=True, slots=True)
class Patch:
    """Y, U and V to be blended into a rectangle of even edges.

    Attributes:
        pieces: of one colour, one value for each plane.
        opaque: nothing of what is below is left.
        hole: of even edges; nothing of the patch is seen in it.
    """

    rect: Rect
    pieces: tuple[Piece, ...]
    opaque: bool
    hole: Rect | None = None

    @property
    def size_bytes(self) -> int:
        """The memory that it takes."""
        pairs = (pair for piece in self.pieces for pair in piece.values)
        return sum(rest.nbytes + added.nbytes for rest, added in pairs)

    @property
    def parts(self) -> tuple[Rect, ...]:
        """The rectangles of even edges outside of which nothing of it is seen."""
        return tuple(rect for piece in self.pieces for rect in piece.place.rects)

    def blend(self, canvas: Sequence[Plane], within: Rect | None = None) -> None:
        """Blend it into the planes of a picture.

        Args:
            within: of even edges; nothing outside of it is touched. None: all of the picture.
        """
        clip = self.rect if within is None else within
        for piece in self.pieces:
            for under, rest, added in piece.place.samples(canvas, clip, piece.values):
                if piece.opaque:
                    under[:] = added >> 8
                    continue
                mixed = under.astype(np.uint16)
                mixed *= rest
                mixed += added
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
    return _patch(place, (y, u, v), (alpha, (_sum(alpha) + 2) >> 2), _hole(alpha, place))


def _patch(
    rect: Rect,
    planes: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
    alphas: tuple[NDArray[np.int32], NDArray[np.int32]],
    hole: Rect | None = None,
) -> Patch:
    added = [(plane * ONE + ONE // 2).astype(np.uint16) for plane in planes]
    luma, chroma = ((ONE - alpha).astype(np.uint16) for alpha in alphas)
    values = list(zip((luma, chroma, chroma), added, strict=True))
    places = (Facing(rect, rect),) if hole is None else _around(hole, rect)
    pieces = (_piece(place, rect, values) for place in places)
    return Patch(rect, tuple(pieces), not luma.any(), hole)


def _piece(place: Facing, whole: Rect, values: Sequence[tuple[Values, Values]]) -> Piece:
    """Return the piece of a patch, of which `values` are those of the whole."""
    area = place.area
    moved = replace(
        place,
        area=replace(area, x=area.x - whole.x, y=area.y - whole.y),
        first=replace(place.first, x=area.x - whole.x, y=area.y - whole.y),
    )
    parts = tuple(
        (_part(moved, rest, step), _part(moved, added, step))
        for (rest, added), step in zip(values, STEPS, strict=True)
    )
    return Piece(place, parts, opaque=not any(rest.any() for rest, _ in parts))


def _part(place: Facing, values: Values, step: int) -> Values:
    """Return a copy of the values of some rectangles; of one colour, a single value."""
    if values.size == 1:
        return values[np.newaxis, np.newaxis]
    return place.view(np.ascontiguousarray(values), step).copy()


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


def _around(hole: Rect, rect: Rect) -> tuple[Facing, Facing]:
    """Return the rectangles that make up one rectangle but for a hole in the middle of it."""
    top = Rect(rect.x, rect.y, rect.width, hole.y - rect.y)
    left = Rect(rect.x, hole.y, hole.x - rect.x, hole.height)
    return Facing(rect, top), Facing(replace(left, width=rect.width), left)
