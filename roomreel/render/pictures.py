"""The picture side of a render: what was decoded ahead is painted in order and encoded beside.

One thread pastes, and one for each composition encodes. A few finished frames may wait for the
encoder, whatever the length of the room.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from types import TracebackType
from typing import Protocol, Self

from av import VideoFrame

from roomreel.errors import RoomreelError, SourceFailed
from roomreel.media.colour import Matrix
from roomreel.media.fit import Picture
from roomreel.model.composition import Decoded
from roomreel.model.media import TrackPath
from roomreel.model.plan import Plan, Scene
from roomreel.render.ahead import Changes, Sources, Window
from roomreel.render.canvas import Canvas, ScenePainter
from roomreel.render.parts import Made
from roomreel.render.reading import Reading
from roomreel.render.windows import Batch
from roomreel.render.witness import witness_frames

QUEUE_FRAMES = 4
"""Finished frames that may wait for the encoder."""


class TakesPictures(Protocol):
    """What an encoder is to those who paint."""

    def write(self, frame: VideoFrame, *, key: bool = False) -> None:
        """Take the next picture."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Where the frames of one part go.

    Attributes:
        encoder: takes them in order.
        made: noted there is what decoding showed, and what witness frames should show.
    """

    encoder: TakesPictures
    made: Made


@dataclass(frozen=True, slots=True)
class View:
    """One of the compositions of a room that are drawn together.

    Attributes:
        parts: the frames to draw, rising; each goes to a file of its own.
        matrix: of its pictures.
        write: opens the file of a part; leaving the block without an error finishes it.
    """

    plan: Plan
    parts: Sequence[range]
    matrix: Matrix
    write: Callable[[range], AbstractContextManager[Frames]]


def draw(
    views: Sequence[View],
    paths: Mapping[str, TrackPath],
    threads: int,
    reading: Reading,
    on_frames: Callable[[int], None],
) -> list[RoomreelError | None]:
    """Paint and encode the parts of compositions of one room; each source is decoded once.

    Args:
        paths: of each recording by sid; one without is black in its place.
        threads: of the decoding pool.
        reading: told of whose media are worked on.
        on_frames: called with the count of frames painted, now and then.

    Returns:
        Of each view, what kept it from being drawn; the others are drawn all the same.
    """
    painted = 0
    with ExitStack() as stack:
        pool = ThreadPoolExecutor(threads)
        drawn = [(view.plan, view.parts) for view in views]
        sources = Sources(drawn, [view.matrix for view in views], paths, pool, reading)
        stack.callback(sources.close)
        # First of the two: what a thread still decodes must not be closed under it.
        stack.callback(pool.shutdown, cancel_futures=True)
        drawings = [stack.enter_context(_Drawing(view, reading)) for view in views]
        for window in sources.windows():
            for view, batches in groupby(window.batches, key=attrgetter("view")):
                drawings[view].add(list(batches), window)
            painted += sum(len(batch.frames) for batch in window.batches)
            on_frames(painted)
            if all(drawing.error for drawing in drawings):
                break
    return [drawing.error for drawing in drawings]


class _Drawing:
    """One composition being drawn: its canvas, and the file that its frames go to.

    Attributes:
        error: why nothing is drawn any more.
    """

    def __init__(self, view: View, reading: Reading) -> None:
        self.error: RoomreelError | None = None
        self._view = view
        self._reading = reading
        self._canvas = Canvas(view.plan.resolution)
        self._painter = ScenePainter(self._canvas, ())
        self._scene: Scene | None = None
        self._part: range | None = None
        self._file = ExitStack()
        self._shown: dict[int, Picture] = {}
        self._witnessed = {*witness_frames(view.plan.scenes, view.plan.frame_rate)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self.error is None:
            self._attempt(self._end_part)
        self._file.__exit__(kind, error, trace)

    def add(self, batches: Sequence[Batch], window: Window) -> None:
        """Paint the frames of this composition in a window; nothing happens after an error."""
        if self.error is None:
            self._attempt(self._add, batches, window)

    def _attempt(self, step: Callable[..., None], *arguments: object) -> None:
        try:
            step(*arguments)
        except SourceFailed:
            raise  # it is drawn without that source, or not at all
        except RoomreelError as error:
            self.error = error
            unfinished, self._file = self._file, ExitStack()
            unfinished.__exit__(type(error), error, error.__traceback__)

    def _add(self, batches: Sequence[Batch], window: Window) -> None:
        for batch in batches:
            if batch.part != self._part:
                self._end_part()
                self._begin_part(batch.part)
            if batch.scene is not self._scene:
                self._scene = batch.scene
                cells = [placement.rect for placement in batch.scene.placements]
                self._painter, self._shown = ScenePainter(self._canvas, cells), {}
            self._paint(batch, window.changes)
        shown = {p.recording_sid for batch in batches for p in batch.scene.placements}
        decoded = self._frames.made.decoded
        for sid in shown & window.decoded.keys():
            decoded[sid] = decoded.get(sid, Decoded()) + window.decoded[sid]

    def _paint(self, batch: Batch, changes: Changes) -> None:
        nothing: dict[int, Picture] = {}
        for number in batch.frames:
            new = changes.get((batch.view, number), nothing)
            self._painter.update(new)
            self._shown.update(new)
            key = number in self._witnessed
            if key:
                canvas, witness = self._view.plan.resolution, self._frames.made.witness
                witness.note(number, batch.scene, canvas, self._shown, self._reading.of)
            self._sink.write(self._canvas.snapshot(), key=key)

    def _begin_part(self, part: range) -> None:
        self._part = part
        self._frames = self._file.enter_context(self._view.write(part))
        self._sink = self._file.enter_context(_Sink(self._frames.encoder))

    def _end_part(self) -> None:
        if self._part is None:
            return
        self._sink.drain()
        self._part = None
        finished, self._file = self._file, ExitStack()
        finished.close()


class _Sink:
    """Encodes in a thread of its own, a few frames behind."""

    def __init__(self, encoder: TakesPictures) -> None:
        self._encoder = encoder
        self._thread = ThreadPoolExecutor(1)
        self._pending: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def write(self, frame: VideoFrame, *, key: bool) -> None:
        """Hand over the next picture; waits where too many are waiting already."""
        self._pending.append(self._thread.submit(self._encoder.write, frame, key=key))
        self.drain(QUEUE_FRAMES)

    def drain(self, left: int = 0) -> None:
        """Wait until at most so many pictures are waiting; raises what encoding raised."""
        while len(self._pending) > left:
            self._pending.popleft().result()
