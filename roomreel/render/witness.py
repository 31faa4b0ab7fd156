"""What should be seen at some frames, noted from the sources' pictures while they are painted.

At *witness frames* the levels of small spots are kept: a grid inside each picture, as its source
was decoded and scaled, not as the canvas has it. Whatever goes wrong between there and the file
(painting, encoding, joining, muxing) makes the file differ from its witness.
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
from roomreel.media.planes import Plane
from roomreel.model.geometry import Rect, Size
from roomreel.model.plan import KEY_FRAME_S, Scene
from roomreel.render.canvas import BLACK, visible

GRID = 4
"""Spots a side of each picture: what covers a quarter of a cell changes four of sixteen."""

EDGE = 8
"""Pixels a side of a spot: what a lossy coder keeps best is the mean of so large a block."""

MARGIN = 8
"""Pixels between a spot and the edge of what lies over it or beside it, where a coder rings."""

OUTSIDE = -1
"""In place of a placement: the canvas outside all cells."""

NOWHERE = 255
"""In place of a place: a bar beside a picture."""

SPOT = np.dtype(
    [
        ("frame", "i4"),
        ("placement", "i2"),  # index in the scene, or OUTSIDE
        ("black", "?"),  # whether there is no picture here
        ("place", "u1"),  # on the picture's grid, row by row: the same at every size
        ("x", "u2"),
        ("y", "u2"),
        ("edge", "u1"),
        ("levels", "u1", (3,)),  # means of Y, U, V
    ]
)

Spots = NDArray[Any]
"""Rows of SPOT."""


def witness_frames(scenes: Iterable[Scene], rate: Fraction) -> list[int]:
    """The first frame of each scene, and then one each KEY_FRAME_S seconds.

    The encoder is told to make exactly these key frames, and so they are decoded anyway.
    """
    step = int(KEY_FRAME_S * rate)
    return [frame for scene in scenes for frame in range(scene.start_frame, scene.end_frame, step)]


class Witness:
    """Spots by frame; what several runs noted of several parts is joined in the end."""

    def __init__(self, spots: Sequence[Spots] = ()) -> None:
        self._noted = list(spots)

    def note(
        self,
        frame: int,
        scene: Scene,
        canvas: Size,
        pictures: Mapping[int, Picture],
        reading: Callable[[str], AbstractContextManager[object]] = nullcontext,
        unknown: Collection[str] = (),
    ) -> None:
        """Remember what a frame should show.

        Args:
            frame: counted from the start of the composition.
            scene: the one the frame lies in.
            canvas: size of the composition.
            pictures: the newest of each visible placement, by its index in the scene; where there
                is none yet, the cell is black.
            reading: opens a block in which the picture of a recording is measured.
            unknown: recordings of which nothing is remembered.
        """
        cells = [placement.rect.even_inside for placement in scene.placements]
        for index in visible(cells):
            sid = scene.placements[index].recording_sid
            if sid in unknown:
                continue
            above = [cell for cell in cells[index + 1 :] if cell.intersects(cells[index])]
            picture = pictures.get(index)
            if picture is None:
                self._keep(frame, index, _black(_grid(cells[index]), above))
                continue
            with reading(sid):
                self._keep(frame, index, _seen(picture, above))
            self._keep(frame, index, _black(_bars(cells[index], picture.rect), above))
        whole = Rect(0, 0, canvas.width, canvas.height)
        self._keep(frame, OUTSIDE, _black(_grid(whole), cells))

    def table(self) -> Spots:
        """All that is known, by rising frame."""
        if len(self._noted) != 1:
            whole = np.concatenate([np.empty(0, SPOT), *self._noted])
            self._noted = [whole[np.argsort(whole["frame"], kind="stable")]]
        return self._noted[0]

    def spots(self, frame: int) -> Spots:
        """What is known of one frame: its rows, of which there may be none."""
        spots = self.table()
        first, end = np.searchsorted(spots["frame"], [frame, frame + 1])
        return spots[first:end]

    @property
    def frames(self) -> set[int]:
        """The frames something is known of."""
        return set(np.unique(self.table()["frame"]).tolist())

    @classmethod
    def joined(cls, parts: Iterable[Witness]) -> Self:
        """All that several witnesses noted."""
        return cls([part.table() for part in parts])

    def to_bytes(self) -> bytes:
        """For a file beside the part it is about; a few kilobytes a frame."""
        buffer = io.BytesIO()
        np.save(buffer, self.table(), allow_pickle=False)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """What `to_bytes` gave.

        Raises:
            RenderError: the bytes are damaged, or of another version.
        """
        try:
            spots = np.load(io.BytesIO(data), allow_pickle=False)
        except (ValueError, EOFError, OSError) as error:
            raise RenderError(f"the witness of a part cannot be read: {error}") from error
        if spots.dtype != SPOT:
            raise RenderError("the witness of a part is of another version")
        return cls([spots])

    def _keep(self, frame: int, placement: int, spots: Spots) -> None:
        if len(spots):
            spots["frame"], spots["placement"] = frame, placement
            self._noted.append(spots)


def levels(planes: Sequence[Plane], spots: Spots) -> NDArray[np.float64]:
    """Means of Y, U and V, of shape (spots, 3), where the spots lie in a yuv420p picture."""
    found = np.empty((len(spots), 3))
    for edge in {EDGE} if (spots["edge"] == EDGE).all() else set(spots["edge"].tolist()):
        chosen = spots["edge"] == edge
        x, y = (spots[axis][chosen].astype(np.intp)[:, None, None] for axis in ("x", "y"))
        for number, (plane, step) in enumerate(zip(planes, (1, 2, 2), strict=True)):
            reach = np.arange(edge // step)
            pixels = plane[y // step + reach[:, None], x // step + reach]
            found[chosen, number] = pixels.sum(axis=(1, 2)) / len(reach) ** 2
    return found


def _seen(picture: Picture, above: Sequence[Rect]) -> Spots:
    rect = picture.rect
    spots = _clear(_grid(rect), above)
    inside = spots.copy()
    inside["x"] -= rect.x
    inside["y"] -= rect.y
    spots["levels"] = np.rint(levels(picture.planes, inside))
    return spots


def _black(spots: Spots, above: Sequence[Rect]) -> Spots:
    clear = _clear(spots, above)
    clear["black"], clear["levels"] = True, BLACK
    return clear


@lru_cache(1024)
def _grid(rect: Rect) -> Spots:
    """Spots spread over a rectangle of even edges, the outer ones half a step inside."""
    edge = max(min(EDGE, rect.width // GRID // 2 * 2, rect.height // GRID // 2 * 2), 2)
    if rect.width < edge or rect.height < edge:
        return np.empty(0, SPOT)
    steps = np.arange(1, 2 * GRID, 2)
    x = np.clip(rect.width * steps // (2 * GRID) - edge // 2, 0, rect.width - edge) + rect.x
    y = np.clip(rect.height * steps // (2 * GRID) - edge // 2, 0, rect.height - edge) + rect.y
    return _spots([(left, top) for top in y for left in x], edge)


@lru_cache(1024)
def _bars(cell: Rect, picture: Rect) -> Spots:
    """One spot in the middle of each bar, beside a picture, that is wide enough for it."""
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
    spots = _spots(places, EDGE)
    spots["place"] = NOWHERE
    return spots


def _spots(corners: Sequence[tuple[int, int]], edge: int) -> Spots:
    """Spots at upper left corners, moved to even ones, where chroma has a sample."""
    spots = np.zeros(len(corners), SPOT)
    spots["edge"] = edge
    if corners:
        spots["place"] = np.arange(len(corners))
        spots["x"], spots["y"] = np.array(corners).T // 2 * 2
    return spots


def _clear(spots: Spots, above: Sequence[Rect]) -> Spots:
    """A copy of the spots that no rectangle lies on or near."""
    if not above:
        return spots.copy()
    keep = np.ones(len(spots), bool)
    x, y, edge = (spots[name].astype(int) for name in ("x", "y", "edge"))
    for rect in above:
        keep &= (
            (x + edge + MARGIN <= rect.x)
            | (x >= rect.right + MARGIN)
            | (y + edge + MARGIN <= rect.y)
            | (y >= rect.bottom + MARGIN)
        )
    return spots[keep]
