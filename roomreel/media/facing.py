"""Rectangles that face each other across an area, as one view of each plane of a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from roomreel.media.frames import Plane
from roomreel.model.geometry import Rect

Values = NDArray[np.uint16]
Sample = TypeVar("Sample", np.uint8, np.uint16)

STEPS = (1, 2, 2)
"""Pixels for a sample of each plane, on both axes."""


@dataclass(frozen=True, slots=True)
class Facing:
    """Rectangles of one size in the corners of an area, or along edges, or all of it; even edges.

    One call into NumPy then does for all of them, which are too small for one each.

    Attributes:
        area: the smallest rectangle that holds them.
        first: the one in its upper left corner; as wide, or as high, as the area where no other
            lies beside it, or below.
    """

    area: Rect
    first: Rect

    @property
    def rects(self) -> tuple[Rect, ...]:
        """All of them, row by row."""
        return tuple(rect for _, rect in self._places())

    def view(self, plane: NDArray[Sample], step: int) -> NDArray[Sample]:
        """Return their samples in a plane, of shape (rows, columns, height, width).

        Args:
            plane: contiguous, as NumPy asks of memory that it sees in another way.
        """
        area, first = self.area, self.first
        down, across = plane.strides
        shape = (
            1 if first.height == area.height else 2,
            1 if first.width == area.width else 2,
            first.height // step,
            first.width // step,
        )
        next_row = (area.height - first.height) // step * down
        next_column = (area.width - first.width) // step * across
        start = area.y // step * down + area.x // step * across
        return np.ndarray(
            shape, plane.dtype, plane.data, start, (next_row, next_column, down, across)
        )

    def samples(
        self, planes: Sequence[Plane], within: Rect, values: Sequence[tuple[Values, Values]]
    ) -> Iterator[tuple[Plane, Values, Values]]:
        """Yield views of planes, each with the values that belong to its samples.

        Args:
            planes: of a whole yuv420p picture, contiguous.
            within: of even edges; nothing outside of it is yielded.
            values: for each plane two arrays of the shape of `view`, or of a single value.
        """
        if within.contains(self.area):
            for plane, step, (one, other) in zip(planes, STEPS, values, strict=True):
                yield self.view(plane, step), one, other
            return
        for place, rect in self._places():
            part = rect.common(within)
            if part.width and part.height:
                inside = Rect(part.x - rect.x, part.y - rect.y, part.width, part.height)
                for plane, step, (one, other) in zip(planes, STEPS, values, strict=True):
                    view = plane[part.rows(step), part.columns(step)]
                    yield view, _cut(one, place, inside, step), _cut(other, place, inside, step)

    def _places(self) -> Iterator[tuple[tuple[int, int], Rect]]:
        """Yield row and column of each of them, and itself."""
        area, first = self.area, self.first
        tops = sorted({area.y, area.bottom - first.height})
        lefts = sorted({area.x, area.right - first.width})
        for row, y in enumerate(tops):
            for column, x in enumerate(lefts):
                yield (row, column), Rect(x, y, first.width, first.height)


def _cut(values: Values, place: tuple[int, int], inside: Rect, step: int) -> Values:
    if values.size == 1:  # one value is that of every sample
        return values.reshape(1, 1)
    row, column = place
    cut: Values = values[row, column][inside.rows(step), inside.columns(step)]
    return cut
