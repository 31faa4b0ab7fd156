"""One persistent picture; where the content of a layer changes, only that is painted again."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from roomreel.media.fit import Picture
from roomreel.media.frames import VideoFrame, new_picture, planes
from roomreel.model.geometry import Rect, Size
from roomreel.render.layers import Cell, Fill, Layers, Levels

Contents = Mapping[int, Picture]
"""What the cells show, by the number of the layer."""


class Canvas:
    """A yuv420p picture that keeps what was painted until something is painted over it.

    All rectangles have even edges.
    """

    def __init__(self, size: Size) -> None:
        self._size = size.padded_even
        self._frame = new_picture(self._size)
        self._planes = planes(self._frame)

    @property
    def whole(self) -> Rect:
        """The rectangle of all of it."""
        return Rect(0, 0, self._size.width, self._size.height)

    def fill(self, rect: Rect, levels: Levels) -> None:
        """Paint a rectangle in one colour."""
        for plane, step, value in zip(self._planes, (1, 2, 2), levels, strict=True):
            plane[_rows(rect, step), _columns(rect, step)] = value

    def paste(self, picture: Picture, clip: Rect) -> None:
        """Copy what of a picture lies in `clip` to its place."""
        rect = picture.rect.common(clip)
        inside = Rect(rect.x - picture.rect.x, rect.y - picture.rect.y, rect.width, rect.height)
        for plane, step, source in zip(self._planes, (1, 2, 2), picture.planes, strict=True):
            plane[_rows(rect, step), _columns(rect, step)] = source[
                _rows(inside, step), _columns(inside, step)
            ]

    def snapshot(self) -> VideoFrame:
        """Return a copy that later painting does not change."""
        frame = new_picture(self._size)
        for source, target in zip(self._planes, planes(frame), strict=True):
            np.copyto(target, source)
        return frame


class ScenePainter:
    """Paints the layers of one scene: all of them once, then only where one of them changes."""

    def __init__(self, canvas: Canvas, layers: Layers) -> None:
        self._canvas = canvas
        self._layers = layers
        self._contents: dict[int, Picture] = {}
        self._paint(canvas.whole, range(len(layers)))

    def update(self, changed: Contents) -> None:
        """Show the new contents of layers."""
        stale = {number: self._stale(number, picture) for number, picture in changed.items()}
        self._contents.update(changed)
        painted: list[Rect] = []
        for number in sorted(stale):
            rect = stale[number]
            if not any(larger.contains(rect) for larger in painted):
                self._paint(rect, self._layers.touching[number])
                painted.append(rect)

    def _stale(self, number: int, picture: Picture) -> Rect:
        """Return the rectangle that does not show any more what it should."""
        before = self._contents.get(number)
        same_place = before is None or before.rect == picture.rect
        return picture.rect if same_place else self._layers[number].rect

    def _paint(self, clip: Rect, numbers: range | tuple[int, ...]) -> None:
        """Paint some of the layers inside a rectangle, from the last that hides all below it."""
        lowest = next((i for i in reversed(numbers) if self._hides(i, clip)), 0)
        for number in numbers:
            if number >= lowest:
                self._paint_layer(number, clip)

    def _hides(self, number: int, rect: Rect) -> bool:
        return self._layers[number].rect.contains(rect)

    def _paint_layer(self, number: int, clip: Rect) -> None:
        layer = self._layers[number]
        rect = layer.rect.common(clip)
        match layer:
            case Fill():
                self._canvas.fill(rect, layer.levels)
            case Cell():
                picture = self._contents.get(number)
                if picture is None or not picture.rect.contains(rect):
                    self._canvas.fill(rect, layer.bars)
                if picture is not None:
                    self._canvas.paste(picture, rect)


def _rows(rect: Rect, step: int) -> slice:
    return slice(rect.y // step, rect.bottom // step)


def _columns(rect: Rect, step: int) -> slice:
    return slice(rect.x // step, rect.right // step)
