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

from roomreel.errors import RoomreelError, SourceFailed
from roomreel.media.fit import Picture
from roomreel.media.frames import VideoFrame
from roomreel.model.composition import Decoded
from roomreel.model.media import TrackPath
from roomreel.model.plan import Plan, Scene
from roomreel.render.canvas import Canvas, Content, ScenePainter
from roomreel.render.decoding import Changes, FrameDecoderPool, Lookahead
from roomreel.render.fingerprint import fingerprint_frames, key_frames
from roomreel.render.in_use import InUseMarker
from roomreel.render.layers import Layers, layers_of
from roomreel.render.lookahead import FrameRange
from roomreel.render.parts import PartContents
from roomreel.render.patches import Drawer, OverlayPatches

QUEUE_FRAMES = 4
"""Finished frames that may wait for the encoder."""


class PictureEncoder(Protocol):
    """An encoder of pictures, or a stand-in."""

    def write(self, frame: VideoFrame, *, key: bool = False) -> None:
        """Take the next picture."""


@dataclass(frozen=True, slots=True)
class ChunkOutput:
    """The destination of the frames of one chunk.

    Attributes:
        encoder: takes them in order.
        part: collects decoding counts and the fingerprint of its frames.
    """

    encoder: PictureEncoder
    part: PartContents


@dataclass(frozen=True, slots=True)
class CompositionChunks:
    """The chunks of one composition, among those of a room that are rendered together.

    Attributes:
        chunks: the frames to render, rising; each goes to a file of its own.
        drawer: draws its overlays, and has the matrix of its pictures.
        write: opens the file of a chunk; leaving the block without an error finishes it.
    """

    plan: Plan
    chunks: Sequence[range]
    drawer: Drawer
    write: Callable[[range], AbstractContextManager[ChunkOutput]]


def render_chunks(
    compositions: Sequence[CompositionChunks],
    paths: Mapping[str, TrackPath],
    threads: int,
    in_use: InUseMarker,
    on_frames: Callable[[int], None],
) -> list[RoomreelError | None]:
    """Paint and encode chunks of compositions of one room; each source is decoded once.

    Args:
        paths: of each recording by sid; one without is black in its place.
        threads: of the decoding pool.
        in_use: marks the recordings whose media are worked on.
        on_frames: called with the count of frames painted, now and then.

    Returns:
        For each composition the error that stopped it; the others are rendered all the same.
    """
    painted = 0
    with ExitStack() as stack:
        pool = ThreadPoolExecutor(threads)
        chunks = [(one.plan, one.chunks) for one in compositions]
        matrices = [one.drawer.matrix for one in compositions]
        decoders = FrameDecoderPool(chunks, matrices, paths, pool, in_use)
        stack.callback(decoders.close)
        # First of the two: what a thread still decodes must not be closed under it.
        stack.callback(pool.shutdown, cancel_futures=True)
        painters = [stack.enter_context(_CompositionPainter(one, in_use)) for one in compositions]
        for lookahead in decoders.lookaheads():
            for composition, ranges in groupby(lookahead.ranges, key=attrgetter("composition")):
                painters[composition].add(list(ranges), lookahead)
            painted += sum(len(frame_range.frames) for frame_range in lookahead.ranges)
            on_frames(painted)
            if all(painter.error for painter in painters):
                break
    return [painter.error for painter in painters]


class _CompositionPainter:
    """Renders one composition: paints on its canvas, and encodes into the file of each chunk.

    Attributes:
        error: why rendering stopped.
    """

    def __init__(self, composition: CompositionChunks, in_use: InUseMarker) -> None:
        self.error: RoomreelError | None = None
        self._composition = composition
        self._in_use = in_use
        self._canvas = Canvas(composition.plan.resolution, composition.drawer.matrix)
        self._patches = OverlayPatches(composition.plan, composition.drawer)
        self._layers = Layers(())
        self._painter = ScenePainter(self._canvas, self._layers)
        self._scene: Scene | None = None
        self._chunk: range | None = None
        self._file = ExitStack()
        self._shown: dict[int, Picture] = {}
        plan = composition.plan
        self._key_frames = {*key_frames(plan.scenes, plan.frame_rate)}
        self._fingerprint_frames = {*fingerprint_frames(plan)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self.error is None:
            self._attempt(self._end_chunk)
        self._file.__exit__(kind, error, trace)

    def add(self, ranges: Sequence[FrameRange], lookahead: Lookahead) -> None:
        """Paint the frames of this composition in a lookahead; after an error, do nothing."""
        if self.error is None:
            self._attempt(self._add, ranges, lookahead)

    def _attempt(self, step: Callable[..., None], *arguments: object) -> None:
        try:
            step(*arguments)
        except SourceFailed:
            raise  # it is rendered without that source, or not at all
        except RoomreelError as error:
            self.error = error
            unfinished, self._file = self._file, ExitStack()
            unfinished.__exit__(type(error), error, error.__traceback__)

    def _add(self, ranges: Sequence[FrameRange], lookahead: Lookahead) -> None:
        for frame_range in ranges:
            if frame_range.chunk != self._chunk:
                self._end_chunk()
                self._begin_chunk(frame_range.chunk)
            if frame_range.scene is not self._scene:
                self._scene = frame_range.scene
                self._layers = layers_of(frame_range.scene, self._composition.plan)
                self._painter, self._shown = ScenePainter(self._canvas, self._layers), {}
            self._paint(frame_range, lookahead.changes)
        shown = {p.recording_sid for frame_range in ranges for p in frame_range.scene.placements}
        decoded = self._output.part.decoded
        for sid in shown & lookahead.decoded.keys():
            decoded[sid] = decoded.get(sid, Decoded()) + lookahead.decoded[sid]

    def _paint(self, frame_range: FrameRange, changes: Changes) -> None:
        nothing: dict[int, Picture] = {}
        for number in frame_range.frames:
            new = changes.get((frame_range.composition, number), nothing)
            self._shown.update(new)
            self._painter.update({**new, **self._patches.changes(number, self._layers)})
            if number in self._fingerprint_frames:
                # Whatever the painter was told: it may have missed a change of one.
                shown: dict[int, Content] = {
                    **self._shown,
                    **self._patches.contents(number, self._layers),
                }
                self._output.part.fingerprint.add(
                    number,
                    self._layers,
                    shown,
                    self._composition.drawer.matrix,
                    self._in_use.mark,
                    before=self._patches.contents(max(number - 1, 0), self._layers),
                )
            self._encoder_thread.write(self._canvas.snapshot(), key=number in self._key_frames)

    def _begin_chunk(self, chunk: range) -> None:
        self._chunk = chunk
        self._output = self._file.enter_context(self._composition.write(chunk))
        self._encoder_thread = self._file.enter_context(_EncoderThread(self._output.encoder))

    def _end_chunk(self) -> None:
        if self._chunk is None:
            return
        self._encoder_thread.drain()
        self._chunk = None
        finished, self._file = self._file, ExitStack()
        finished.close()


class _EncoderThread:
    """Encodes in its own thread, a few frames behind."""

    def __init__(self, encoder: PictureEncoder) -> None:
        self._encoder = encoder
        self._thread = ThreadPoolExecutor(1)
        self._pending: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)

    def write(self, frame: VideoFrame, *, key: bool) -> None:
        """Hand over the next picture; wait if too many are waiting already."""
        self._pending.append(self._thread.submit(self._encoder.write, frame, key=key))
        self.drain(QUEUE_FRAMES)

    def drain(self, left: int = 0) -> None:
        """Wait until at most `left` pictures are waiting; raise what encoding raised."""
        while len(self._pending) > left:
            self._pending.popleft().result()
