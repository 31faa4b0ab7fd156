"""Decode and scale ahead of the painter: each source once, however many cells show it.

FFmpeg works without the interpreter's lock, so a pool of threads keeps all cores busy. One
lookahead is decoded while the one before it is painted: memory does not grow with the length of
the room.
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

from roomreel.errors import MediaUnreadable
from roomreel.media.colour import Matrix
from roomreel.media.container import DAMAGE
from roomreel.media.fit import Fitter, Picture
from roomreel.media.frames import VideoFrame
from roomreel.media.video import VideoReader
from roomreel.model.composition import Decoded
from roomreel.model.framing import Framing
from roomreel.model.geometry import Rect
from roomreel.model.media import TrackPath
from roomreel.model.plan import Placement, Plan, Scene
from roomreel.render.in_use import InUseMarker
from roomreel.render.layers import Cell, layers_of
from roomreel.render.lookahead import FrameRange, lookahead_ranges

Changes = dict[tuple[int, int], dict[int, Picture]]
"""New pictures by composition and frame, then by the number of their layer."""


@dataclass(frozen=True, slots=True)
class Lookahead:
    """A stretch of room time, decoded.

    Attributes:
        decoded: counts of decoded frames, by recording sid.
    """

    ranges: list[FrameRange]
    changes: Changes
    decoded: Mapping[str, Decoded]


@dataclass(frozen=True, slots=True)
class _VisibleFrames:
    """Frames of one range in which a recording is visible.

    Attributes:
        placements: those in which it is, with the numbers of their layers.
    """

    frame_range: FrameRange
    placements: Sequence[tuple[int, Placement]]
    rate: Fraction
    matrix: Matrix

    def instants(self, time_base: Fraction) -> Iterator[tuple[int, int]]:
        """Yield the container time of each frame in ticks, rounded down, and its number."""
        # In whole numbers: a picture is found by comparing it with several instants.
        start, step = self.placements[0][1].media_start / time_base, 1 / (self.rate * time_base)
        unit = lcm(start.denominator, step.denominator)
        at, by = int(start * unit), int(step * unit)
        first = self.frame_range.scene.start_frame
        for number in self.frame_range.frames:
            yield (at + (number - first) * by) // unit, number


class TrackDecoder:
    """The decoder of one recording while it is visible, with a scaler for each cell."""

    def __init__(self, path: TrackPath, end: Fraction) -> None:
        self._path = path
        self._end = end
        self._reader: VideoReader | None = None
        self._fitters: dict[tuple[Rect, Framing, Matrix], Fitter] = {}
        self._picture: VideoFrame | None = None
        self._fitted: dict[Fitter, Picture | None] = {}
        self._unfit = 0
        self._last_unfit: VideoFrame | None = None
        self._shown: dict[int, tuple[Scene, VideoFrame]] = {}
        self._reported = Decoded()

    def decode(self, visible: Sequence[_VisibleFrames]) -> tuple[Changes, Decoded]:
        """Return the pictures that are new in a lookahead, and counts of what was decoded.

        The first frame of a scene counts as new: the cell may be another one.
        """
        found: Changes = {}
        try:
            reader = self._reader = self._reader or VideoReader(self._path, self._end)
        except MediaUnreadable:
            before, self._reported = self._reported, Decoded(errors=1)
            return found, self._reported.since(before)
        shown = (
            zip(
                frames.instants(reader.time_base),
                repeat((frames.frame_range, self._cells(frames))),
                strict=False,
            )
            for frames in visible
        )
        for (at, number), (frame_range, cells) in merge(*shown, key=itemgetter(0)):
            picture = reader.newest(at)
            if picture is None:
                continue
            scene, shown_before = self._shown.get(frame_range.composition, (None, None))
            if scene is not frame_range.scene or shown_before is not picture:
                self._shown[frame_range.composition] = (frame_range.scene, picture)
                found[frame_range.composition, number] = self._fit(reader, picture, cells)
        decoded = _less(reader.decoded, self._unfit)
        before, self._reported = self._reported, decoded
        return found, decoded.since(before)

    def close(self) -> None:
        """Release the decoder."""
        if self._reader is not None:
            self._reader.close()

    def _cells(self, frames: _VisibleFrames) -> list[tuple[int, Fitter]]:
        """Return the number of the layer of each placement, and its scaler."""
        # Looked up for many pictures at once: a cell and its matrix are expensive keys.
        return [
            (index, self._fitter(placement, frames.matrix))
            for index, placement in frames.placements
        ]

    def _fitter(self, placement: Placement, matrix: Matrix) -> Fitter:
        key = placement.rect, placement.framing, matrix
        if key not in self._fitters:
            self._fitters[key] = Fitter(placement.rect, matrix, placement.framing)
        return self._fitters[key]

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
                scaled = self._fitted[fitter] = self._scale(fitter, picture, reader)
            if scaled is not None:
                fitted[index] = scaled
        return fitted

    def _scale(self, fitter: Fitter, picture: VideoFrame, reader: VideoReader) -> Picture | None:
        """Return a picture scaled for a cell, or None if that fails: the one before stays."""
        try:
            return fitter.fit(picture, reader.sample_aspect_ratio)
        except DAMAGE:
            self._unfit += picture is not self._last_unfit  # once, however many cells show it
            self._last_unfit = picture
            return None


class FrameDecoderPool:
    """Decodes what compositions of one room show, a lookahead before it is painted.

    Args:
        compositions: plans, and the chunks of them that are rendered.
        matrices: of the pictures of each of them.
        paths: of each recording by sid; one without is never decoded.
        pool: where decoding runs.
        in_use: marks the recordings that are being decoded.
    """

    def __init__(
        self,
        compositions: Sequence[tuple[Plan, Sequence[range]]],
        matrices: Sequence[Matrix],
        paths: Mapping[str, TrackPath],
        pool: ThreadPoolExecutor,
        in_use: InUseMarker,
    ) -> None:
        self._compositions = compositions
        self._paths = paths
        self._pool = pool
        self._in_use = in_use
        self._matrices = matrices
        self._decoders: dict[str, TrackDecoder] = {}
        self._ends = {sid: end for plan, _ in compositions for sid, end in plan.media_ends.items()}
        self._at = [0] * len(compositions)
        self._last_use: dict[str, dict[int, int]] = defaultdict(dict)
        for composition, (plan, _) in enumerate(compositions):
            for scene in plan.scenes:
                for placement in scene.placements:
                    self._last_use[placement.recording_sid][composition] = scene.end_frame

    def lookaheads(self) -> Iterator[Lookahead]:
        """Yield every lookahead in order, decoded."""
        waiting: tuple[list[FrameRange], dict[str, Future[tuple[Changes, Decoded]]]] | None = None
        for ranges in lookahead_ranges(self._compositions):
            # A source is read by one job at a time: the next is submitted when this is done.
            ready = _collect(*waiting) if waiting else None
            waiting = ranges, self._submit(ranges)
            if ready:
                yield ready
        if waiting:
            yield _collect(*waiting)

    def close(self) -> None:
        """Release every decoder."""
        for sid in list(self._decoders):
            self._release(sid)

    def _submit(self, ranges: Iterable[FrameRange]) -> dict[str, Future[tuple[Changes, Decoded]]]:
        self._release_unused()
        shown: dict[str, list[_VisibleFrames]] = defaultdict(list)
        for frame_range in ranges:
            self._at[frame_range.composition] = frame_range.frames.stop
            plan = self._compositions[frame_range.composition][0]
            for sid, placements in _seen(frame_range.scene, plan).items():
                if sid in self._paths:
                    matrix = self._matrices[frame_range.composition]
                    shown[sid].append(
                        _VisibleFrames(frame_range, placements, plan.frame_rate, matrix)
                    )
        return {sid: self._pool.submit(self._decode, sid, shown[sid]) for sid in shown}

    def _release_unused(self) -> None:
        """Release the decoders of recordings that no composition shows any more."""
        for sid in list(self._decoders):
            if all(
                self._at[composition] >= last for composition, last in self._last_use[sid].items()
            ):
                self._release(sid)

    def _release(self, sid: str) -> None:
        with self._in_use.mark(sid):
            self._decoders.pop(sid).close()

    def _decode(self, sid: str, visible: Sequence[_VisibleFrames]) -> tuple[Changes, Decoded]:
        with self._in_use.mark(sid):
            if sid not in self._decoders:
                self._decoders[sid] = TrackDecoder(self._paths[sid], self._ends[sid])
            return self._decoders[sid].decode(visible)


def _less(decoded: Decoded, unfit: int) -> Decoded:
    """Return the counts of decoded frames, with those that could not be scaled as errors."""
    return replace(decoded, frames=decoded.frames - unfit, errors=decoded.errors + unfit)


def _seen(scene: Scene, plan: Plan) -> dict[str, list[tuple[int, Placement]]]:
    """Return the visible placements of each recording, with the numbers of their layers."""
    seen: dict[str, list[tuple[int, Placement]]] = defaultdict(list)
    layers = layers_of(scene, plan)
    for number in layers.visible:
        if isinstance(layer := layers[number], Cell):
            seen[layer.placement.recording_sid].append((number, layer.placement))
    return seen


def _collect(
    ranges: list[FrameRange], futures: Mapping[str, Future[tuple[Changes, Decoded]]]
) -> Lookahead:
    merged: Changes = defaultdict(dict)
    decoded: dict[str, Decoded] = {}
    for sid, future in futures.items():
        changes, decoded[sid] = future.result()
        for place, pictures in changes.items():
            merged[place].update(pictures)
    return Lookahead(ranges, merged, decoded)
