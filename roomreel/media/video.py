"""Decode a recording's pictures by their timestamps."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import dropwhile
from math import ceil
from typing import Any

from av import VideoFrame

from roomreel.media.container import DAMAGE
from roomreel.media.track import Shown, Track
from roomreel.model.composition import Decoded
from roomreel.model.geometry import Size
from roomreel.model.media import TrackPath
from roomreel.model.outliers import without_outliers
from roomreel.model.room import MediaType

SEEK_AHEAD_S = 10
"""Decode on up to so far ahead; beyond, seek: about a key frame distance of WebRTC recorders."""

FINEST_COUNT_S = Fraction(1, 500)
"""Ticks as long as this or longer count frames, and are exact; others round instants: those of
Matroska are milliseconds."""


class VideoReader:
    """The pictures of one recording, read forward by container time.

    A packet the decoder refuses is counted and passed over: the last good picture stays. So does
    the picture before one with an outlier timestamp.

    Args:
        path: of the track.
        end: container seconds at which the recording is over; later pictures are outliers.
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
        """Counts of what was decoded so far."""
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
        """Return the latest picture not later than a container time in ticks of `time_base`.

        A picture that is one tick later is not later: its timestamp is rounded, and so is the one
        that time is counted from. Without this, cameras whose pictures come with the frames are
        seen to stutter: one picture is shown twice, the next one never.

        Times must not go back from call to call. None before the first picture. The same object
        is returned for as long as the picture does not change.
        """
        at += self._rounding
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
        """Return every picture from here on, in order."""
        return self._pictures

    def close(self) -> None:
        """Release the decoder."""
        self._track.close()

    def _open(self) -> None:
        self._track = Track(self._path, MediaType.VIDEO)
        self._stream = self._track.stream
        # One thread each: there are as many sources as cores, and frame threads add latency.
        self._stream.codec_context.thread_count = 1
        self._rounding = int(self._track.time_base < FINEST_COUNT_S)
        self._seek_ahead = ceil(SEEK_AHEAD_S / self._track.time_base)
        self._pictures = self._in_order()

    def _jump(self, at: int) -> None:
        if self._next is not None and _ticks(self._next) > at:
            return  # inside a pause: there is nothing to skip
        if at <= self._seek_ahead or not self._track.seekable:
            return
        try:
            self._track.seek(at)
        except DAMAGE:
            self._start_again()  # where it is now is unknown
            return
        self._pictures = self._in_order()
        self._next = next(self._pictures, None)
        if self._next is None or _ticks(self._next) > at:
            self._start_again()  # the seek went past the place, by an index that lies

    def _start_again(self) -> None:
        """Read from the start on."""
        self._track.close()
        self._open()
        self._next = None

    def _in_order(self) -> Iterator[VideoFrame]:
        # A picture that does not advance would be shown for no time: a lower layer of VP9, too.
        for frame in without_outliers(self._decode(), _ticks, 0):
            self._note(frame)
            yield frame

    def _decode(self) -> Iterator[VideoFrame]:
        shown = Shown(self._track)
        for packet in self._packets():
            shown.send(packet)
            try:
                frames = self._track.decode(packet)
            except DAMAGE:
                self._errors += 1
                continue
            for frame in frames:
                frame.pts = shown.at(frame)
                if self._end is None or frame.pts < self._end:
                    yield frame

    def _packets(self) -> Iterator[Any]:
        """Yield the packets from the first key frame on: those before it refer to nothing."""
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


def _ticks(frame: VideoFrame) -> int:
    return frame.pts or 0
