"""Spots of a frame at which it is looked at: small blocks of samples of every layer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from roomreel.media.colour import Matrix
from roomreel.media.facing import STEPS
from roomreel.media.fit import Picture
from roomreel.media.frames import Plane
from roomreel.media.patch import Patch, fill_patch
from roomreel.model.geometry import Rect
from roomreel.model.look import Colour
from roomreel.render.canvas import Content, Contents, levels_of, rounded_area
from roomreel.render.corners import corners_of, round_corners
from roomreel.render.layers import Black, Cell, Drawn, Layers

GRID = 4
"""Blocks a side of each picture: what covers a quarter of a cell changes four of sixteen."""

EDGE = 8
"""Pixels a side of a block: the mean over 8 x 8 is what a lossy coder keeps best."""

MARGIN = 8
"""Pixels between a block and the edge of what lies over it or beside it, where a coder rings."""

NOWHERE = 255
"""In place of a place: a bar beside a picture."""

SAMPLE_BLOCK = np.dtype(
    [
        ("frame", "i4"),
        ("layer", "i2"),  # its number among those of the frame
        ("plain", "?"),  # whether one colour is there, and no picture
        ("place", "u1"),  # on the picture's grid, row by row: the same at every size
        ("x", "u2"),
        ("y", "u2"),
        ("edge", "u1"),
        ("levels", "u1", (3,)),  # means of Y, U, V
    ]
)

SampleBlocks = NDArray[Any]
"""Rows of SAMPLE_BLOCK."""


def spots_of(
    layers: Layers,
    contents: Contents,
    matrix: Matrix,
    in_use: Callable[[str], AbstractContextManager[object]],
    unknown: Collection[str],
    before: Mapping[int, Patch],
) -> Iterator[tuple[int, SampleBlocks]]:
    """Yield the spots of each layer that is seen, with its number; arguments as of a fingerprint.

    An overlay is looked at where it changes most of what lies below it, and where it differs most
    from what it showed before. The frame and the layer of the blocks are still to be filled in.
    """
    for number in layers.visible:
        layer, above = layers[number], _above(number, layers, contents)
        match layer, contents.get(number):
            case Cell(), _ if layer.placement.recording_sid in unknown:
                continue
            case Cell(), Picture() as picture:
                with in_use(layer.placement.recording_sid):
                    yield number, _blocks_of(picture, above)
                yield number, _plain(_bars(layer.rect, picture.rect), layer.ground, matrix, above)
            case Black() | Cell(), _:
                yield number, _plain(_grid(layer.rect), layer.ground, matrix, above)
            case Drawn(), (Patch() | None) as now:
                for wrong in _wrong(now, before.get(number)):
                    patch = wrong or now
                    if patch is None or _shows_any(layers, patch.rect, unknown):
                        continue
                    looks = (
                        _painted(layers, {**contents, number: one}, matrix, patch.rect, number)
                        for one in (wrong, now)
                    )
                    yield number, _most_changed(_clear(_tiles_of(patch), above), *looks)


def levels(planes: Sequence[Plane], blocks: SampleBlocks) -> NDArray[np.float64]:
    """Return the means of Y, U and V in the blocks of a yuv420p picture, of shape (n, 3)."""
    found = np.empty((len(blocks), 3))
    for edge in {EDGE} if (blocks["edge"] == EDGE).all() else set(blocks["edge"].tolist()):
        chosen = blocks["edge"] == edge
        x, y = (blocks[axis][chosen].astype(np.intp)[:, None, None] for axis in ("x", "y"))
        for number, (plane, step) in enumerate(zip(planes, STEPS, strict=True)):
            reach = np.arange(edge // step)
            pixels = plane[y // step + reach[:, None], x // step + reach]
            found[chosen, number] = pixels.sum(axis=(1, 2)) / len(reach) ** 2
    return found


def _blocks_of(picture: Picture, above: Sequence[Rect]) -> SampleBlocks:
    rect = picture.rect
    blocks = _clear(_grid(rect), above)
    inside = blocks.copy()
    inside["x"] -= rect.x
    inside["y"] -= rect.y
    blocks["levels"] = np.rint(levels(picture.planes, inside))
    return blocks


def _plain(
    blocks: SampleBlocks, colour: Colour | None, matrix: Matrix, above: Sequence[Rect]
) -> SampleBlocks:
    """Return the blocks that nothing lies on, in one colour; none of one that is seen through."""
    if colour is None or not colour.is_opaque:
        return np.empty(0, SAMPLE_BLOCK)
    clear = _clear(blocks, above)
    clear["plain"], clear["levels"] = True, levels_of(colour, matrix)
    return clear


def _above(number: int, layers: Layers, contents: Contents) -> list[Rect]:
    """Return the rectangles in which a layer is not all that is seen; overlays may show nothing."""
    found: list[Rect] = []
    cell = layers[number]
    if isinstance(cell, Cell) and (area := rounded_area(cell, contents.get(number))):
        corners = corners_of(area, cell.radius)
        found += corners.squares.rects if corners else ()
    for other in layers.touching[number]:
        layer = layers[other]
        if other <= number or (isinstance(layer, Drawn) and other not in contents):
            continue
        content = contents.get(other)
        found += content.parts if isinstance(content, Patch) else [layer.rect]
    return found


def _shows_any(layers: Layers, rect: Rect, sids: Collection[str]) -> bool:
    """Return whether some of the recordings may be seen in a rectangle."""
    cells = (layer for layer in map(layers.__getitem__, layers.cells) if isinstance(layer, Cell))
    return any(
        cell.placement.recording_sid in sids and cell.rect.intersects(rect) for cell in cells
    )


def _wrong(now: Patch | None, before: Patch | None) -> list[Patch | None]:
    """Return what an overlay must not show: nothing, or what it did before."""
    looks = [None] if before is None else [None, before]
    return [one for one in looks if one is not now]


def _most_changed(
    tiles: SampleBlocks, wrong: Sequence[Plane], right: Sequence[Plane]
) -> SampleBlocks:
    """Return the blocks in which an overlay is farthest from what is wrong, and some others."""
    before, after = levels(wrong, tiles), levels(right, tiles)
    tiles["levels"] = np.rint(after)
    order = np.argsort(-np.abs(after - before).sum(axis=1), kind="stable")
    most, rest = np.split(order, [GRID * GRID // 2])
    every = max(len(rest) // (GRID * GRID // 2), 1)
    chosen: SampleBlocks = tiles[np.sort(np.concatenate([most, rest[::every]]))]
    return chosen


def _painted(
    layers: Layers,
    contents: Mapping[int, Content | None],
    matrix: Matrix,
    rect: Rect,
    last: int,
) -> Sequence[Plane]:
    """Return planes with the layers up to a number, of which a rectangle is looked at.

    By no step of the painter: what that leaves out, or puts elsewhere, is here.
    """
    whole = layers[0].rect
    target = [np.empty((whole.height // step, whole.width // step), np.uint8) for step in STEPS]
    for number in (n for n in range(last + 1) if layers[n].rect.intersects(rect)):
        layer, content = layers[number], contents.get(number)
        area = rounded_area(layer, content) if isinstance(layer, Cell) else None
        radius = layer.radius if isinstance(layer, Cell) else 0
        with round_corners(target, area or layer.rect, radius, whole):
            if layer.ground is not None:
                fill_patch(layer.ground, 100, layer.rect, matrix).blend(target)
            if isinstance(content, Patch):
                content.blend(target)
            elif content is not None:
                for plane, step, source in zip(target, STEPS, content.planes, strict=True):
                    plane[content.rect.rows(step), content.rect.columns(step)] = source
    return target


def _tiles_of(patch: Patch) -> SampleBlocks:
    """Return blocks side by side, in each of which something may be seen of a patch."""
    tiles = _tiles(patch.rect)
    if patch.hole is None:
        return tiles
    x, y, edge = (tiles[name].astype(int) for name in ("x", "y", "edge"))
    hole = patch.hole
    across = (x >= hole.x) & (x + edge <= hole.right)
    inside: SampleBlocks = across & (y >= hole.y) & (y + edge <= hole.bottom)
    return tiles[~inside]


@lru_cache(1024)
def _tiles(rect: Rect) -> SampleBlocks:
    """Return blocks side by side over a rectangle of even edges."""
    edge = max(min(EDGE, rect.width // 2 * 2, rect.height // 2 * 2), 2)
    lefts = range(rect.x, rect.right - edge + 1, edge)
    tops = range(rect.y, rect.bottom - edge + 1, edge)
    return _blocks([(left, top) for top in tops for left in lefts], edge)


@lru_cache(1024)
def _grid(rect: Rect) -> SampleBlocks:
    """Return blocks spread over a rectangle of even edges, the outer ones half a step inside."""
    edge = max(min(EDGE, rect.width // GRID // 2 * 2, rect.height // GRID // 2 * 2), 2)
    if rect.width < edge or rect.height < edge:
        return np.empty(0, SAMPLE_BLOCK)
    steps = np.arange(1, 2 * GRID, 2)
    x = np.clip(rect.width * steps // (2 * GRID) - edge // 2, 0, rect.width - edge) + rect.x
    y = np.clip(rect.height * steps // (2 * GRID) - edge // 2, 0, rect.height - edge) + rect.y
    return _blocks([(left, top) for top in y for left in x], edge)


@lru_cache(1024)
def _bars(cell: Rect, picture: Rect) -> SampleBlocks:
    """Return a block in the middle of each bar beside a picture that is wide enough for it."""
    middle = picture.x + picture.width // 2, picture.y + picture.height // 2
    wide = EDGE + 2 * MARGIN
    places = [
        (x - EDGE // 2, y - EDGE // 2)
        for room, x, y in (
            (picture.x - cell.x, (cell.x + picture.x) // 2, middle[1]),
            (cell.right - picture.right, (cell.right + picture.right) // 2, middle[1]),
            (picture.y - cell.y, middle[0], (cell.y + picture.y) // 2),
            (cell.bottom - picture.bottom, middle[0], (cell.bottom + picture.bottom) // 2),
        )
        if room >= wide and min(cell.width, cell.height) >= wide
    ]
    blocks = _blocks(places, EDGE)
    blocks["place"] = NOWHERE
    return blocks


def _blocks(corners: Sequence[tuple[int, int]], edge: int) -> SampleBlocks:
    """Return blocks at upper left corners, moved to even ones, where chroma has a sample."""
    blocks = np.zeros(len(corners), SAMPLE_BLOCK)
    blocks["edge"] = edge
    if corners:
        blocks["place"] = np.arange(len(corners))
        blocks["x"], blocks["y"] = np.array(corners).T // 2 * 2
    return blocks


def _clear(blocks: SampleBlocks, above: Sequence[Rect]) -> SampleBlocks:
    """Return a copy of the blocks that no rectangle lies on or near."""
    if not above:
        return blocks.copy()
    keep = np.ones(len(blocks), bool)
    x, y, edge = (blocks[name].astype(int) for name in ("x", "y", "edge"))
    for rect in above:
        keep &= (
            (x + edge + MARGIN <= rect.x)
            | (x >= rect.right + MARGIN)
            | (y + edge + MARGIN <= rect.y)
            | (y >= rect.bottom + MARGIN)
        )
    return blocks[keep]
