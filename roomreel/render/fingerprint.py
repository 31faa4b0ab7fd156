"""Fingerprints of frames: what they should show, by the sources' pictures when painted.

At *fingerprint frames* the levels of small blocks of samples are kept: a grid inside each picture,
as its source was decoded and scaled, not as the canvas has it. Whatever goes wrong between there
and the file (painting, encoding, joining, muxing) makes the file differ from its fingerprint.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from fractions import Fraction
from functools import lru_cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from roomreel.errors import RenderError
from roomreel.media.fit import Picture
from roomreel.media.frames import Plane
from roomreel.model.geometry import Rect
from roomreel.model.plan import KEY_FRAME_S, Scene
from roomreel.render.layers import Cell, Layers, Levels

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


def fingerprint_frames(scenes: Iterable[Scene], rate: Fraction) -> list[int]:
    """Return the first frame of each scene, and then one each KEY_FRAME_S seconds.

    The encoder makes exactly these key frames, and so they are decoded anyway.
    """
    step = int(KEY_FRAME_S * rate)
    return [frame for scene in scenes for frame in range(scene.start_frame, scene.end_frame, step)]


class FrameFingerprint:
    """Sample blocks by frame; those of several parts are joined in the end."""

    def __init__(self, blocks: Sequence[SampleBlocks] = ()) -> None:
        self._parts = list(blocks)

    def add(
        self,
        frame: int,
        layers: Layers,
        contents: Mapping[int, Picture],
        in_use: Callable[[str], AbstractContextManager[object]] = nullcontext,
        unknown: Collection[str] = (),
    ) -> None:
        """Add what a frame should show.

        Args:
            frame: counted from the start of the composition.
            layers: of the frame.
            contents: the newest picture of each cell that is seen, by the number of its layer; a
                cell where there is none yet has the colour of its bars.
            in_use: opens the context in which the picture of a recording is measured.
            unknown: recordings that are left out.
        """
        for number in layers.visible:
            layer, above = layers[number], layers.above(number)
            if not isinstance(layer, Cell):
                self._append(frame, number, _plain(_grid(layer.rect), layer.levels, above))
                continue
            sid = layer.placement.recording_sid
            if sid in unknown:
                continue
            picture = contents.get(number)
            if picture is None:
                self._append(frame, number, _plain(_grid(layer.rect), layer.bars, above))
                continue
            with in_use(sid):
                self._append(frame, number, _blocks_of(picture, above))
            bars = _bars(layer.rect, picture.rect)
            self._append(frame, number, _plain(bars, layer.bars, above))

    def table(self) -> SampleBlocks:
        """Return all blocks, by rising frame."""
        if len(self._parts) != 1:
            whole = np.concatenate([np.empty(0, SAMPLE_BLOCK), *self._parts])
            self._parts = [whole[np.argsort(whole["frame"], kind="stable")]]
        return self._parts[0]

    def blocks(self, frame: int) -> SampleBlocks:
        """Return the blocks of one frame; there may be none."""
        blocks = self.table()
        first, end = np.searchsorted(blocks["frame"], [frame, frame + 1])
        return blocks[first:end]

    @property
    def frames(self) -> set[int]:
        """The frames that have blocks."""
        return set(np.unique(self.table()["frame"]).tolist())

    @classmethod
    def joined(cls, parts: Iterable[FrameFingerprint]) -> Self:
        """Return the blocks of several fingerprints as one."""
        return cls([part.table() for part in parts])

    def to_bytes(self) -> bytes:
        """Return the content of the file beside the part; a few kilobytes a frame."""
        buffer = io.BytesIO()
        np.save(buffer, self.table(), allow_pickle=False)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` returned.

        Raises:
            RenderError: the bytes are damaged, or of another version.
        """
        try:
            blocks = np.load(io.BytesIO(data), allow_pickle=False)
        except (ValueError, EOFError, OSError) as error:
            raise RenderError(f"the fingerprint of a part cannot be read: {error}") from error
        if blocks.dtype != SAMPLE_BLOCK:
            raise RenderError("the fingerprint of a part is of another version")
        return cls([blocks])

    def _append(self, frame: int, layer: int, blocks: SampleBlocks) -> None:
        if len(blocks):
            blocks["frame"], blocks["layer"] = frame, layer
            self._parts.append(blocks)


def levels(planes: Sequence[Plane], blocks: SampleBlocks) -> NDArray[np.float64]:
    """Return the means of Y, U and V in the blocks of a yuv420p picture, of shape (n, 3)."""
    found = np.empty((len(blocks), 3))
    for edge in {EDGE} if (blocks["edge"] == EDGE).all() else set(blocks["edge"].tolist()):
        chosen = blocks["edge"] == edge
        x, y = (blocks[axis][chosen].astype(np.intp)[:, None, None] for axis in ("x", "y"))
        for number, (plane, step) in enumerate(zip(planes, (1, 2, 2), strict=True)):
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


def _plain(blocks: SampleBlocks, levels: Levels, above: Sequence[Rect]) -> SampleBlocks:
    clear = _clear(blocks, above)
    clear["plain"], clear["levels"] = True, levels
    return clear


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
