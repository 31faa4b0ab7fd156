"""One persistent picture; where a source changes, only that is painted again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from roomreel.media.fit import Picture
from roomreel.media.frames import VideoFrame, new_picture, planes
from roomreel.model.geometry import Rect, Size

BLACK = (16, 128, 128)
"""Y, U, V of black at limited range."""


class Canvas:
    """A yuv420p picture that keeps what was painted until something is painted over it."""

    def __init__(self, size: Size) -> None:
        self._size = size.padded_even
        self._frame = new_picture(self._size)
        self._planes = planes(self._frame)
        self.clear()

    def clear(self) -> None:
        """Paint everything black."""
        self.blacken(Rect(0, 0, self._size.width, self._size.height))

    def blacken(self, rect: Rect) -> None:
        """Paint a rectangle of even edges black."""
        for plane, step, value in zip(self._planes, (1, 2, 2), BLACK, strict=True):
            plane[_rows(rect, step), _columns(rect, step)] = value

    def paste(self, picture: Picture) -> None:
        """Copy a picture to its place."""
        for plane, step, source in zip(self._planes, (1, 2, 2), picture.planes, strict=True):
            plane[_rows(picture.rect, step), _columns(picture.rect, step)] = source

    def snapshot(self) -> VideoFrame:
        """Return a copy that later painting does not change."""
        frame = new_picture(self._size)
        for source, target in zip(self._planes, planes(frame), strict=True):
            np.copyto(target, source)
        return frame


class ScenePainter:
    """Paints one scene: every cell once, then only what changed and what lies on top of it.

    Args:
        cells: of the scene's placements, in drawing order.
    """

    def __init__(self, canvas: Canvas, cells: Sequence[Rect]) -> None:
        self._canvas = canvas
        self._cells = [cell.even_inside for cell in cells]
        self._above = [
            [j for j in range(i + 1, len(cells)) if self._cells[i].intersects(self._cells[j])]
            for i in range(len(cells))
        ]
        self._pictures: dict[int, Picture] = {}
        canvas.clear()
        for index in visible(cells):
            canvas.blacken(self._cells[index])

    def update(self, changed: Mapping[int, Picture]) -> None:
        """Show new pictures, by the index of their placement."""
        whole: set[int] = set()  # cells to paint with their black bars: a lower one was painted
        for index in range(len(self._cells)):
            if index not in changed and index not in whole:
                continue
            before = self._pictures.get(index)
            picture = changed.get(index, before)
            resized = before is not None and picture is not None and before.rect != picture.rect
            if index in whole or resized:
                self._canvas.blacken(self._cells[index])
            if picture is not None:
                self._canvas.paste(picture)
                self._pictures[index] = picture
            whole.update(self._above[index])


def visible(cells: Sequence[Rect]) -> list[int]:
    """Return the indices of cells, in drawing order, that no later one covers whole."""
    inside = [cell.even_inside for cell in cells]
    return [
        i
        for i, cell in enumerate(inside)
        if not any(later.contains(cell) for later in inside[i + 1 :])
    ]


def _rows(rect: Rect, step: int) -> slice:
    return slice(rect.y // step, rect.bottom // step)


def _columns(rect: Rect, step: int) -> slice:
    return slice(rect.x // step, rect.right // step)
