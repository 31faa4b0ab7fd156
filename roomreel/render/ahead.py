"""Decode and scale ahead of the painter: each source once, whoever shows it.

FFmpeg works without the interpreter's lock, so a pool of threads keeps all cores busy. One window
is decoded while the one before it is painted: memory does not grow with the length of the room.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import merge
from itertools import repeat
from math import lcm
from operator import itemgetter

from av import VideoFrame

from roomreel.errors import MediaUnreadable
from roomreel.media.colour import Matrix
from roomreel.media.container import DAMAGE
from roomreel.media.fit import Fitter, Picture
from roomreel.media.video import VideoReader
from roomreel.model.composition import Decoded
from roomreel.model.geometry import Rect
from roomreel.model.media import TrackPath
from roomreel.model.plan import Placement, Plan, Scene
from roomreel.render.canvas import visible
from roomreel.render.reading import Reading
from roomreel.render.windows import Batch, windows

Changes = dict[tuple[int, int], dict[int, Picture]]
"""New pictures by view and frame, then by placement."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of room time, decoded.

    Attributes:
        decoded: what decoding it showed, by recording sid.
    """

    batches: list[Batch]
    changes: Changes
    decoded: Mapping[str, Decoded]


@dataclass(frozen=True, slots=True)
class _Showing:
    """Frames of a batch in which a recording is seen, at these placements of their scene."""

    batch: Batch
    placements: Sequence[tuple[int, Placement]]
    rate: Fraction
    matrix: Matrix

    def instants(self, time_base: Fraction) -> Iterator[tuple[int, int]]:
        """Container time of each frame in ticks, rising, rounded down, and its number."""
        # In whole numbers: a picture is found by comparing it with several instants.
        start, step = self.placements[0][1].media_start / time_base, 1 / (self.rate * time_base)
        unit = lcm(start.denominator, step.denominator)
        at, by = int(start * unit), int(step * unit)
        first = self.batch.scene.start_frame
        for number in self.batch.frames:
            yield (at + (number - first) * by) // unit, number


class _Track:
    """One recording while it is shown: its reader, and a scaler for each cell."""

    def __init__(self, path: TrackPath, end: Fraction) -> None:
        self._path = path
        self._end = end
        self._reader: VideoReader | None = None
        self._fitters: dict[tuple[Rect, Matrix], Fitter] = {}
        self._picture: VideoFrame | None = None
        self._fitted: dict[Fitter, Picture | None] = {}
        self._unfit = 0
        self._last_unfit: VideoFrame | None = None
        self._shown: dict[int, tuple[Scene, VideoFrame]] = {}
        self._told = Decoded()

    def changes(self, showings: Sequence[_Showing]) -> tuple[Changes, Decoded]:
        """The pictures that are new in a window, and what decoding it showed.

        The first frame of a scene counts as new: the cell may be another one.
        """
        found: Changes = {}
        try:
            reader = self._reader = self._reader or VideoReader(self._path, self._end)
        except MediaUnreadable:
            told, self._told = self._told, Decoded(errors=1)
            return found, self._told.since(told)
        shown = (
            zip(
                showing.instants(reader.time_base),
                repeat((showing.batch, self._cells(showing))),
                strict=False,
            )
            for showing in showings
        )
        for (at, number), (batch, cells) in merge(*shown, key=itemgetter(0)):
            picture = reader.newest(at)
            if picture is None:
                continue
            scene, before = self._shown.get(batch.view, (None, None))
            if scene is not batch.scene or before is not picture:
                self._shown[batch.view] = (batch.scene, picture)
                found[batch.view, number] = self._fit(reader, picture, cells)
        decoded = _less(reader.decoded, self._unfit)
        told, self._told = self._told, decoded
        return found, decoded.since(told)

    def close(self) -> None:
        """Release the decoder."""
        if self._reader is not None:
            self._reader.close()

    def _cells(self, showing: _Showing) -> list[tuple[int, Fitter]]:
        """The number of each placement, and what scales pictures for it."""
        # Looked up for many pictures at once: a cell and its matrix are no cheap keys.
        return [
            (index, self._fitter(placement.rect, showing.matrix))
            for index, placement in showing.placements
        ]

    def _fitter(self, cell: Rect, matrix: Matrix) -> Fitter:
        if (cell, matrix) not in self._fitters:
            self._fitters[cell, matrix] = Fitter(cell, matrix)
        return self._fitters[cell, matrix]

    def _fit(
        self, reader: VideoReader, picture: VideoFrame, cells: Iterable[tuple[int, Fitter]]
    ) -> dict[int, Picture]:
        if picture is not self._picture:
            self._picture, self._fitted = picture, {}
        fitted: dict[int, Picture] = {}
        for index, fitter in cells:
            if fitter in self._fitted:
                scaled = self._fitted[fitter]
            else:
                scaled = self._fitted[fitter] = self._scaled(fitter, picture, reader)
            if scaled is not None:
                fitted[index] = scaled
        return fitted

    def _scaled(self, fitter: Fitter, picture: VideoFrame, reader: VideoReader) -> Picture | None:
        """A picture scaled for a cell; None where that cannot be done: the one before stays."""
        try:
            return fitter.fit(picture, reader.sample_aspect_ratio)
        except DAMAGE:
            self._unfit += picture is not self._last_unfit  # once, however many cells show it
            self._last_unfit = picture
            return None


class Sources:
    """Decodes what compositions of one room show, a window ahead.

    Args:
        views: plans, and the parts of them that are drawn.
        matrices: of the pictures of each of them.
        paths: of each recording by sid; one without is never decoded.
        pool: where decoding runs.
        reading: told of what is being decoded.
    """

    def __init__(
        self,
        views: Sequence[tuple[Plan, Sequence[range]]],
        matrices: Sequence[Matrix],
        paths: Mapping[str, TrackPath],
        pool: ThreadPoolExecutor,
        reading: Reading,
    ) -> None:
        self._views = views
        self._paths = paths
        self._pool = pool
        self._reading = reading
        self._matrices = matrices
        self._tracks: dict[str, _Track] = {}
        self._ends = {sid: end for plan, _ in views for sid, end in plan.media_ends.items()}
        self._at = [0] * len(views)
        self._last_use: dict[str, dict[int, int]] = defaultdict(dict)
        for view, (plan, _) in enumerate(views):
            for scene in plan.scenes:
                for placement in scene.placements:
                    self._last_use[placement.recording_sid][view] = scene.end_frame

    def windows(self) -> Iterator[Window]:
        """Every window in order, decoded."""
        waiting: tuple[list[Batch], dict[str, Future[tuple[Changes, Decoded]]]] | None = None
        for batches in windows(self._views):
            # A source is read by one job at a time: the next is submitted when this is done.
            ready = _collected(*waiting) if waiting else None
            waiting = batches, self._submitted(batches)
            if ready:
                yield ready
        if waiting:
            yield _collected(*waiting)

    def close(self) -> None:
        """Release every decoder."""
        for sid in list(self._tracks):
            self._release(sid)

    def _submitted(self, batches: Iterable[Batch]) -> dict[str, Future[tuple[Changes, Decoded]]]:
        self._retire()
        shown: dict[str, list[_Showing]] = defaultdict(list)
        for batch in batches:
            self._at[batch.view] = batch.frames.stop
            for sid, placements in _seen(batch.scene).items():
                if sid in self._paths:
                    rate = self._views[batch.view][0].frame_rate
                    matrix = self._matrices[batch.view]
                    shown[sid].append(_Showing(batch, placements, rate, matrix))
        return {sid: self._pool.submit(self._decode, sid, shown[sid]) for sid in shown}

    def _retire(self) -> None:
        """Release the decoders of what no composition shows any more."""
        for sid in list(self._tracks):
            if all(self._at[view] >= last for view, last in self._last_use[sid].items()):
                self._release(sid)

    def _release(self, sid: str) -> None:
        with self._reading.of(sid):
            self._tracks.pop(sid).close()

    def _decode(self, sid: str, showings: Sequence[_Showing]) -> tuple[Changes, Decoded]:
        with self._reading.of(sid):
            if sid not in self._tracks:
                self._tracks[sid] = _Track(self._paths[sid], self._ends[sid])
            return self._tracks[sid].changes(showings)


def _less(decoded: Decoded, unfit: int) -> Decoded:
    """What decoding showed, where some of the pictures could not be shown."""
    return replace(decoded, frames=decoded.frames - unfit, errors=decoded.errors + unfit)


def _seen(scene: Scene) -> dict[str, list[tuple[int, Placement]]]:
    """Where each recording is seen in a scene: placements that no later one covers whole."""
    seen: dict[str, list[tuple[int, Placement]]] = defaultdict(list)
    for index in visible([placement.rect for placement in scene.placements]):
        placement = scene.placements[index]
        seen[placement.recording_sid].append((index, placement))
    return seen


def _collected(
    batches: list[Batch], futures: Mapping[str, Future[tuple[Changes, Decoded]]]
) -> Window:
    merged: Changes = defaultdict(dict)
    decoded: dict[str, Decoded] = {}
    for sid, future in futures.items():
        changes, decoded[sid] = future.result()
        for place, pictures in changes.items():
            merged[place].update(pictures)
    return Window(batches, merged, decoded)
