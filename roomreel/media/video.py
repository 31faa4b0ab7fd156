"""Decode a recording's pictures by their timestamps, and scale them into cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import dropwhile
from math import ceil
from typing import Any

import numpy as np
from av import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from roomreel.media.colour import FULL, LIMITED, Matrix, MatrixConverter, source_matrix
from roomreel.media.container import DAMAGE
from roomreel.media.track import Shown, Track
from roomreel.model.composition import Decoded
from roomreel.model.geometry import Rect, Size
from roomreel.model.media import TrackPath
from roomreel.model.room import MediaType
from roomreel.plan.strays import without_strays

SEEK_AHEAD_S = 10
"""Decode on up to so far ahead; beyond, seek: about a key frame distance of WebRTC recorders."""

AREA = Interpolation.AREA.value
"""Means over the pixels that a smaller one covers, bilinear where it grows. Of camera pictures
brought to 0.2 to 0.8 of their size it is 0.2 to 3.5 dB nearer to Lanczos than bilinear, and takes
0.6 to 0.9 of the time."""

Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture scaled for one cell.

    Attributes:
        rect: where it goes on the canvas, even edges.
        planes: Y of shape (height, width), U and V of half of both; 8 bit, limited range.
    """

    rect: Rect
    planes: tuple[Plane, Plane, Plane]


class VideoReader:
    """The pictures of one recording, read forward by container time.

    A packet the decoder refuses is counted and passed over: the last good picture stays. So does
    the picture before one with a stray timestamp.

    Args:
        path: of the track.
        end: container seconds at which the recording is over; later pictures are strays.
    """

    def __init__(self, path: TrackPath, end: Fraction | None = None) -> None:
        self._path = path
        self._open()
        self._end = None if end is None else ceil(end / self.time_base)
        self._errors = self._frames = self._size_changes = 0
        self._largest = Size(0, 0)
        self._last_size: tuple[int, int] | None = None
        self._ratio = Fraction(1)
        self._current: VideoFrame | None = None
        self._next: VideoFrame | None = None
        self._position: int | None = None

    @property
    def time_base(self) -> Fraction:
        """Seconds of a tick, in which the pictures' timestamps are."""
        return self._track.time_base

    @property
    def decoded(self) -> Decoded:
        """What decoding showed so far."""
        return Decoded(
            frames=self._frames,
            width=self._largest.width,
            height=self._largest.height,
            size_changes=self._size_changes,
            errors=self._errors,
        )

    @property
    def sample_aspect_ratio(self) -> Fraction:
        """Width of a pixel in heights; the container's word before the codec's.

        The same object for as long as it does not change.
        """
        return self._ratio

    def newest(self, at: int) -> VideoFrame | None:
        """The latest picture not later than a container time in ticks of `time_base`.

        Times must not go back from call to call. None before the first picture. The same object
        is returned for as long as the picture does not change.
        """
        if self._position is None or at - self._position > self._seek_ahead:
            self._jump(at)
        self._position = at
        while True:
            if self._next is None:
                self._next = next(self._pictures, None)
            if self._next is None or _ticks(self._next) > at:
                return self._current
            self._current, self._next = self._next, None

    def all(self) -> Iterator[VideoFrame]:
        """Every picture from here on, in order."""
        return self._pictures

    def close(self) -> None:
        """Release the decoder."""
        self._track.close()

    def _open(self) -> None:
        self._track = Track(self._path, MediaType.VIDEO)
        self._stream = self._track.stream
        # One thread each: there are as many sources as cores, and frame threads add latency.
        self._stream.codec_context.thread_count = 1
        self._seek_ahead = ceil(SEEK_AHEAD_S / self._track.time_base)
        self._pictures = self._in_order()

    def _jump(self, at: int) -> None:
        if self._next is not None and _ticks(self._next) > at:
            return  # inside a pause: there is nothing to skip
        if at <= self._seek_ahead:
            return
        try:
            self._track.seek(at)
        except DAMAGE:
            return  # unseekable: decode up to there
        self._pictures = self._in_order()
        self._next = next(self._pictures, None)
        if self._next is None or _ticks(self._next) > at:
            # The seek went past the place (an index that lies): read from the start instead.
            self._track.close()
            self._open()
            self._next = None

    def _in_order(self) -> Iterator[VideoFrame]:
        # A picture that does not advance would be shown for no time.
        return without_strays(self._decode(), _ticks, 0)

    def _decode(self) -> Iterator[VideoFrame]:
        shown = Shown(self._track)
        for packet in self._packets():
            shown.send(packet)
            try:
                frames = packet.decode()
            except DAMAGE:
                self._errors += 1
                continue
            for frame in frames:
                frame.pts = shown.at(frame)
                if self._end is None or frame.pts < self._end:
                    self._note(frame)
                    yield frame

    def _packets(self) -> Iterator[Any]:
        """The packets from the first key frame on: those before it refer to nothing."""
        try:
            yield from dropwhile(lambda packet: not packet.is_keyframe, self._track.packets())
        except DAMAGE:
            self._errors += 1

    def _note(self, frame: VideoFrame) -> None:
        self._frames += 1
        if frame.key_frame or self._frames == 1:  # no codec changes it elsewhere
            self._note_ratio()
        size = (frame.width, frame.height)
        if size == self._last_size:
            return
        self._size_changes += self._last_size is not None
        self._last_size = size
        self._largest = Size(
            max(frame.width, self._largest.width), max(frame.height, self._largest.height)
        )

    def _note_ratio(self) -> None:
        ratio = self._stream.sample_aspect_ratio or self._stream.codec_context.sample_aspect_ratio
        if ratio != self._ratio:
            self._ratio = Fraction(ratio or 1)


class Fitter:
    """Scales pictures into one cell: CSS `object-fit: contain`, centred, even edges.

    Keeps what FFmpeg needs to set up for a picture size, so one is made for each cell and source.
    """

    def __init__(self, cell: Rect, matrix: Matrix) -> None:
        self._cell = cell.even_inside
        self._matrix = matrix
        self._scaler = VideoReformatter()
        self._shape: tuple[int, int, Fraction, int] | None = None
        self._place = Rect(0, 0, 0, 0), Size(0, 0)
        self._converter: tuple[tuple[Size, Matrix], MatrixConverter] | None = None

    def fit(self, frame: VideoFrame, sample_aspect_ratio: Fraction) -> Picture | None:
        """Scale a picture into the cell; None where the cell has no even pixel at all."""
        turns = round(frame.rotation / 90) % 4
        shape = frame.width, frame.height, sample_aspect_ratio, turns
        if shape != self._shape:
            self._shape, self._place = shape, _place(self._cell, *shape)
        rect, size = self._place
        if size.width == 0 or size.height == 0:
            return None
        scaled = self._scale(frame, size)
        y, u, v = (_turned(plane, turns) for plane in planes(scaled))
        return Picture(rect, (y, u, v))

    def _scale(self, frame: VideoFrame, size: Size) -> VideoFrame:
        full = frame.color_range == FULL or frame.format.name.startswith("yuvj")
        if frame.format.name == "yuv420p" and not full and Size(frame.width, frame.height) == size:
            return self._to_matrix(frame, source_matrix(frame), size)
        # Between YUV formats one matrix stands on both sides: given two, the scaler would go
        # through RGB. RGB itself has none, and is brought to the canvas's at once.
        source = self._matrix if frame.format.is_rgb else source_matrix(frame)
        scaled = self._scaler.reformat(
            frame,
            size.width,
            size.height,
            "yuv420p",
            src_colorspace=source.scaler,
            dst_colorspace=source.scaler,
            src_color_range=FULL if full else LIMITED,
            dst_color_range=LIMITED,
            interpolation=AREA,
            threads=1,
        )
        return self._to_matrix(scaled, source, size)

    def _to_matrix(self, frame: VideoFrame, source: Matrix, size: Size) -> VideoFrame:
        if source == self._matrix:
            return frame
        if self._converter is None or self._converter[0] != (size, source):
            self._converter = ((size, source), MatrixConverter(size, source, self._matrix))
        return self._converter[1].convert(frame)


def _ticks(frame: VideoFrame) -> int:
    return frame.pts or 0


def _place(
    cell: Rect, width: int, height: int, sample_aspect_ratio: Fraction, turns: int
) -> tuple[Rect, Size]:
    """Where a picture goes, and the size it is scaled to before it is turned."""
    shape = Fraction(width) * sample_aspect_ratio / height
    rect = contain(1 / shape if turns % 2 else shape, cell)
    return rect, Size(rect.height, rect.width) if turns % 2 else Size(rect.width, rect.height)


def contain(shape: Fraction, cell: Rect) -> Rect:
    """The largest centred rectangle of a shape (width over height) in a cell with even edges."""
    if cell.width == 0 or cell.height == 0:
        return Rect(cell.x, cell.y, 0, 0)
    width = min(Fraction(cell.width), cell.height * shape)
    size = Size(_even(width, cell.width), _even(width / shape, cell.height))
    return Rect(
        cell.x + (cell.width - size.width) // 4 * 2,
        cell.y + (cell.height - size.height) // 4 * 2,
        size.width,
        size.height,
    )


def planes(frame: VideoFrame) -> tuple[Plane, Plane, Plane]:
    """The planes of a yuv420p picture as arrays that share its memory."""
    y, u, v = (
        np.ndarray(
            (plane.height, plane.width), np.uint8, memoryview(plane), 0, (plane.line_size, 1)
        )
        for plane in frame.planes
    )
    return y, u, v


def _even(value: Fraction, limit: int) -> int:
    return min(max(2 * round(value / 2), 2), limit)


def _turned(plane: Plane, turns: int) -> Plane:
    return np.rot90(plane, turns) if turns else plane
