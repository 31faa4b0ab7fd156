"""The picture side of a render: decode and scale ahead, paint in order, encode beside.

Sources are decoded and scaled by a pool of threads (FFmpeg works without the interpreter's lock), a
batch of frames ahead; this thread pastes; one more encodes. At most two batches and a short queue
of finished frames are held, whatever the length of the room.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from av import VideoFrame

from roomreel.errors import MediaUnreadable
from roomreel.media.colour import Matrix, output_matrix
from roomreel.media.encode import VideoEncoder
from roomreel.media.video import Fitter, Picture, VideoReader
from roomreel.model.composition import Decoded
from roomreel.model.geometry import Rect
from roomreel.model.plan import Placement, Plan, Scene
from roomreel.render.canvas import Canvas, ScenePainter, visible
from roomreel.render.reading import Reading

BATCH_FRAMES = 16
"""Frames decoded ahead at a time: enough that handing over costs nothing, few enough for memory
(25 cells of a 720p canvas: 22 MB a batch)."""

QUEUE_FRAMES = 4
"""Finished frames that may wait for the encoder."""

Changes = dict[int, dict[int, Picture]]
"""New pictures by frame, then by placement."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames [start, end) of one scene."""

    scene: Scene
    start: int
    end: int


class Track:
    """One recording while it is shown: its reader, and a scaler for each cell."""

    def __init__(self, path: str, end: Fraction, matrix: Matrix) -> None:
        self._path = path
        self._end = end
        self._matrix = matrix
        self._reader: VideoReader | None = None
        self._fitters: dict[Rect, Fitter] = {}
        self._shown: VideoFrame | None = None
        self.decoded = Decoded()

    def changes(
        self, batch: Batch, placements: Sequence[tuple[int, Placement]], rate: Fraction
    ) -> Changes:
        """The pictures that are new in a batch, by frame and placement.

        The first frame of a scene counts as new: the cell may be another one.
        """
        found: Changes = {}
        try:
            reader = self._reader = self._reader or VideoReader(self._path, self._end)
        except MediaUnreadable:
            self.decoded = Decoded(errors=1)
            return found
        start = placements[0][1].media_start
        for frame_number in range(batch.start, batch.end):
            offset = frame_number - batch.scene.start_frame
            picture = reader.newest(start + offset / rate)
            if picture is None or (picture is self._shown and offset):
                continue
            self._shown = picture
            found[frame_number] = self._fit(reader, picture, placements)
        self.decoded = reader.decoded
        return found

    def close(self) -> None:
        """Release the decoder."""
        if self._reader is not None:
            self._reader.close()

    def _fit(
        self, reader: VideoReader, picture: VideoFrame, placements: Sequence[tuple[int, Placement]]
    ) -> dict[int, Picture]:
        fitted = {}
        for index, placement in placements:
            fitter = self._fitters.get(placement.rect)
            if fitter is None:
                fitter = self._fitters[placement.rect] = Fitter(placement.rect, self._matrix)
            scaled = fitter.fit(picture, reader.sample_aspect_ratio)
            if scaled is not None:
                fitted[index] = scaled
        return fitted


def render_pictures(
    plan: Plan,
    paths: Mapping[str, str],
    encoder: VideoEncoder,
    threads: int,
    reading: Reading,
    on_frame: Callable[[int], None],
) -> dict[str, Decoded]:
    """Paint and encode every frame of a plan.

    Args:
        paths: local file of each recording by sid; one without a file is black in its place.
        threads: of the decoding pool.
        reading: told of what is being decoded.
        on_frame: called with the count of frames painted, now and then.

    Returns:
        What decoding showed, by recording sid.
    """
    matrix = output_matrix(plan.resolution.padded_even)
    canvas = Canvas(plan.resolution)
    decoded: dict[str, Decoded] = {}
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(threads))
        sink = stack.enter_context(_Sink(encoder))
        source = _Sources(plan, paths, matrix, pool, reading)
        stack.callback(source.close, decoded)
        painter: ScenePainter | None = None
        for batch, changes in source.batches():
            if painter is None or batch.start == batch.scene.start_frame:
                painter = ScenePainter(canvas, [p.rect for p in batch.scene.placements])
            for number in range(batch.start, batch.end):
                painter.update(changes.get(number, {}))
                sink.write(canvas.snapshot(), key=number == batch.scene.start_frame)
            on_frame(batch.end)
    return decoded


class _Sources:
    """Hands out batches with their new pictures, one batch decoded ahead."""

    def __init__(
        self,
        plan: Plan,
        paths: Mapping[str, str],
        matrix: Matrix,
        pool: ThreadPoolExecutor,
        reading: Reading,
    ) -> None:
        self._plan = plan
        self._reading = reading
        self._paths = paths
        self._matrix = matrix
        self._pool = pool
        self._tracks: dict[str, Track] = {}
        self._done: dict[str, Decoded] = {}
        self._ends = plan.media_ends
        self._last_use = {
            placement.recording_sid: scene.end_frame
            for scene in plan.scenes
            for placement in scene.placements
        }

    def batches(self) -> Iterator[tuple[Batch, Changes]]:
        waiting: tuple[Batch, list[Future[Changes]]] | None = None
        for batch in _batches(self._plan.scenes):
            # A source is read by one job at a time: the next is submitted when this is done.
            ready = _collect(waiting)
            waiting = (batch, self._submit(batch))
            if ready is not None:
                yield ready
        ready = _collect(waiting)
        if ready is not None:
            yield ready

    def close(self, decoded: dict[str, Decoded]) -> None:
        """Release every decoder, and tell what was decoded."""
        for sid in list(self._tracks):
            self._retire(sid)
        decoded.update(self._done)

    def _submit(self, batch: Batch) -> list[Future[Changes]]:
        for sid in [s for s in self._tracks if self._last_use[s] <= batch.start]:
            self._retire(sid)
        shown: dict[str, list[tuple[int, Placement]]] = defaultdict(list)
        placements = batch.scene.placements
        for index in visible([placement.rect for placement in placements]):
            shown[placements[index].recording_sid].append((index, placements[index]))
        return [
            self._pool.submit(self._changes, sid, self._track(sid), batch, where)
            for sid, where in shown.items()
            if sid in self._paths
        ]

    def _changes(
        self, sid: str, track: Track, batch: Batch, where: Sequence[tuple[int, Placement]]
    ) -> Changes:
        with self._reading.of(sid):
            return track.changes(batch, where, self._plan.frame_rate)

    def _track(self, sid: str) -> Track:
        if sid not in self._tracks:
            self._tracks[sid] = Track(self._paths[sid], self._ends[sid], self._matrix)
        return self._tracks[sid]

    def _retire(self, sid: str) -> None:
        track = self._tracks.pop(sid)
        track.close()
        self._done[sid] = track.decoded


class _Sink:
    """Encodes in a thread of its own, a few frames behind."""

    def __init__(self, encoder: VideoEncoder) -> None:
        self._encoder = encoder
        self._thread = ThreadPoolExecutor(1)
        self._pending: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._thread.shutdown(cancel_futures=kind is not None)
        if kind is None:
            self._drain(0)

    def write(self, frame: VideoFrame, *, key: bool) -> None:
        self._pending.append(self._thread.submit(self._encoder.write, frame, key=key))
        self._drain(QUEUE_FRAMES)

    def _drain(self, left: int) -> None:
        while len(self._pending) > left:
            self._pending.popleft().result()


def _batches(scenes: Sequence[Scene]) -> Iterator[Batch]:
    for scene in scenes:
        for start in range(scene.start_frame, scene.end_frame, BATCH_FRAMES):
            yield Batch(scene, start, min(start + BATCH_FRAMES, scene.end_frame))


def _collect(
    waiting: tuple[Batch, list[Future[Changes]]] | None,
) -> tuple[Batch, Changes] | None:
    if waiting is None:
        return None
    batch, futures = waiting
    merged: Changes = defaultdict(dict)
    for future in futures:
        for number, pictures in future.result().items():
            merged[number].update(pictures)
    return batch, merged
