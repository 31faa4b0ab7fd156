"""One persistent picture; where the content of a layer changes, only that is painted again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np

from roomreel.media.colour import Matrix, levels
from roomreel.media.facing import STEPS
from roomreel.media.fit import Picture
from roomreel.media.frames import VideoFrame, new_picture, planes
from roomreel.media.patch import Patch, fill_patch
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import Colour
from roomreel.render.corners import round_corners
from roomreel.render.layers import Cell, Layers

Content = Picture | Patch
Contents = Mapping[int, Content]
"""What cells and overlays show, by the number of the layer."""


class Canvas:
    """A yuv420p picture that keeps what was painted until something is painted over it.

    All rectangles have even edges.

    Args:
        matrix: of its pictures.
    """

    def __init__(self, size: Size, matrix: Matrix) -> None:
        self._size = size.padded_even
        self._matrix = matrix
        width, height = self._size.width, self._size.height
        self.planes = tuple(np.empty((height // step, width // step), np.uint8) for step in STEPS)

    @property
    def rect(self) -> Rect:
        """The rectangle of all of it."""
        return Rect(0, 0, self._size.width, self._size.height)

    def fill(self, rect: Rect, color: Colour) -> None:
        """Paint a rectangle in one colour, which may let through what is there."""
        if not color.is_opaque:
            self.blend(fill_patch(color, 100, rect, self._matrix), rect)
            return
        levels = levels_of(color, self._matrix)
        for plane, step, level in zip(self.planes, STEPS, levels, strict=True):
            plane[rect.rows(step), rect.columns(step)] = level

    def paste(self, picture: Picture, clip: Rect) -> None:
        """Copy what of a picture lies in `clip` to its place."""
        rect = picture.rect.common(clip)
        inside = Rect(rect.x - picture.rect.x, rect.y - picture.rect.y, rect.width, rect.height)
        for plane, step, source in zip(self.planes, STEPS, picture.planes, strict=True):
            cut = source[inside.rows(step), inside.columns(step)]
            plane[rect.rows(step), rect.columns(step)] = cut

    def blend(self, patch: Patch, clip: Rect) -> None:
        """Draw what of a patch lies in `clip` over what is there."""
        patch.blend(self.planes, clip)

    def snapshot(self) -> VideoFrame:
        """Return a copy that later painting does not change."""
        frame = new_picture(self._size)
        for source, target in zip(self.planes, planes(frame), strict=True):
            np.copyto(target, source)
        return frame


@lru_cache(1024)
def levels_of(color: Colour, matrix: Matrix) -> tuple[int, int, int]:
    """Return Y, U and V of an opaque colour."""
    rgb = np.array([color.red, color.green, color.blue], np.uint8)
    y, u, v = (int(level) for level in levels(rgb, matrix))
    return y, u, v


def paint(
    canvas: Canvas, layers: Layers, contents: Contents, clip: Rect, numbers: Iterable[int]
) -> None:
    """Paint layers inside a rectangle, from the last that hides all below it there.

    Args:
        numbers: rising, of the layers that may lie there.
    """
    painted = [number for number in numbers if layers[number].rect.intersects(clip)]
    hiding = (n for n in reversed(painted) if _hides(layers, contents, n, clip))
    lowest = next(hiding, 0)
    for number in painted:
        if number >= lowest:
            _paint_layer(canvas, layers, contents, number, clip)


class ScenePainter:
    """Paints the layers of one scene: all of them once, then only where one of them changes."""

    def __init__(self, canvas: Canvas, layers: Layers) -> None:
        self._canvas = canvas
        self._layers = layers
        self._contents: dict[int, Content] = {}
        self._paint(canvas.rect, range(len(layers)))

    def update(self, changed: Mapping[int, Content | None]) -> None:
        """Show the new contents of layers; None ends what a layer shows."""
        stale = {number: self._stale(number, content) for number, content in changed.items()}
        for number, content in changed.items():
            if content is None:
                self._contents.pop(number, None)
            else:
                self._contents[number] = content
        painted: list[Rect] = []
        for number in sorted(stale):
            rect = stale[number]
            if not any(larger.contains(rect) for larger in painted):
                self._paint(rect, self._layers.touching[number])
                painted.append(rect)

    def _stale(self, number: int, content: Content | None) -> Rect:
        """Return the rectangle that does not show any more what it should."""
        before = self._contents.get(number)
        if content is None or (before is not None and before.rect != content.rect):
            return self._layers[number].rect
        return content.rect

    def _paint(self, clip: Rect, numbers: Iterable[int]) -> None:
        paint(self._canvas, self._layers, self._contents, clip, numbers)


def _hides(layers: Layers, contents: Contents, number: int, rect: Rect) -> bool:
    """Return whether a layer hides all that lies below it in a rectangle."""
    layer, content = layers[number], contents.get(number)
    if layer.hides and layer.rect.contains(rect):
        return True
    if isinstance(layer, Cell) and layer.radius:
        return False
    opaque = isinstance(content, Picture) or (content is not None and content.opaque)
    return opaque and content is not None and content.rect.contains(rect)


def _paint_layer(
    canvas: Canvas, layers: Layers, contents: Contents, number: int, clip: Rect
) -> None:
    layer, content = layers[number], contents.get(number)
    rect = layer.rect.common(clip)
    if not isinstance(layer, Cell) or not layer.radius:
        _paint_content(canvas, layer.ground, content, rect)
    elif area := rounded_area(layer, content):
        with round_corners(canvas.planes, area, layer.radius, rect):
            _paint_content(canvas, layer.ground, content, rect)


def rounded_area(cell: Cell, content: Content | None) -> Rect | None:
    """Return the rectangle of which a cell has the corners rounded, or None while it is empty."""
    if cell.ground is not None:
        return cell.rect
    return content.rect if content is not None else None


def _paint_content(
    canvas: Canvas, ground: Colour | None, content: Content | None, rect: Rect
) -> None:
    covered = content is not None and content.rect.contains(rect)
    if ground is not None and not covered:
        canvas.fill(rect, ground)
    if isinstance(content, Patch):
        canvas.blend(content, rect)
    elif content is not None:
        canvas.paste(content, rect)
