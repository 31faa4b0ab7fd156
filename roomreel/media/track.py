"""One track of a media file: its packets, at the times at which players show and sound them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import cached_property
from heapq import heappop, heappush
from typing import Any

from av import CodecContext, codecs_available
from av.error import FFmpegError

from roomreel.errors import MediaUnreadable
from roomreel.media.container import open_media, tracks
from roomreel.media.times import Times
from roomreel.model.formats import NO_RATE, MediaFormat, Zero, format_of
from roomreel.model.media import TrackPath
from roomreel.model.room import MediaType
from roomreel.text import counted

AS_STATED = {"fflags": "+nofillin"}
"""FFmpeg adds nothing. Of pictures without a duration it would guess one from a frame rate that it
has guessed, which makes a last picture last 50 s."""

ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""By codec. Alpha is a second picture beside each (BlockAdditional), which FFmpeg's own pass over;
browsers show it."""

HEADER_BYTES = 8
"""Of a packet; enough to know a header by."""


class Track:
    """A track of a file, opened.

    Timestamps of its packets, and so of what is decoded from them, are ticks of `time_base` since
    the file's time 0. A packet without one follows the packet before it. Where a file begins again
    (chained Ogg, two recordings of a browser in one file), time goes on.

    Args:
        path: of the track; nothing but its file is opened.
        media_type: of the track.

    Attributes:
        container: PyAV's; likewise `stream`.
        counts: how many tracks the file has, by type.
        time_base: seconds a tick.
        in_order: whether the timestamps of packets say when they are shown. Else only their order
            of decoding is known: shown one after the other, pictures have the same times sorted.
        seekable: whether a place in the file can be found by time.
        states_durations: whether how long packets last is more than a guess.

    Raises:
        MediaUnreadable: there is no such track, or it is no file of a format that is taken.
        StorageFailed: the object cannot be read; so may every use of the track.
    """

    def __init__(self, path: TrackPath, media_type: MediaType) -> None:
        self.container = open_media(path.file, AS_STATED if media_type is MediaType.VIDEO else {})
        form = _format(self.container)
        if media_type is MediaType.VIDEO and not form.stated:
            self.container.close()
            self.container = open_media(path.file)
        found = {kind: tracks(self.container, kind) for kind in (MediaType.AUDIO, MediaType.VIDEO)}
        self.counts = {kind: len(streams) for kind, streams in found.items()}
        if path.index >= self.counts[media_type]:
            self.container.close()
            raise MediaUnreadable(_no_track(self.counts[media_type], media_type, path.index))
        self.stream: Any = found[media_type][path.index]
        if media_type is MediaType.AUDIO:
            _name_plainly(self.stream.codec_context)
        self.time_base = Fraction(self.stream.time_base or Fraction(1, 1000))
        rate = self._rate() if form.zero is Zero.COUNTED else None
        self.seekable = rate is None
        self._by_decoding = form.decoding
        self.in_order = self.seekable and not form.decoding
        self.states_durations = form.stated or media_type is MediaType.AUDIO
        every = [stream for streams in found.values() for stream in streams]
        # Where a link begins and ends is for all tracks to say.
        self._read = every if form.link else [self.stream]
        zero = _first(every) if form.zero is Zero.FIRST else Fraction(0)
        self._times = Times(path.file, form.link, self._read, zero, rate, marked=form.marked)
        self._header = form.header

    @property
    def links(self) -> int:
        """The number of times the file has begun again so far."""
        return self._times.links

    def packets(self) -> Iterator[Any]:
        """Yield packets from here on, in file order; an empty one at the end.

        Raises:
            FFmpegError: the file breaks off.
        """
        for packet in self.container.demux(self._read):
            own = packet.stream_index == self.stream.index
            if packet.size:
                if self._is_header(packet):
                    with suppress(FFmpegError):  # decoders mind some of them
                        packet.decode()
                    continue
                if self._by_decoding:
                    packet.pts = (
                        packet.dts
                    )  # FFmpeg guesses it, a picture too late without B-frames
                if own:
                    self._look_at(packet)
                self._times.place(packet)
            if own:
                yield packet

    @cached_property
    def _decoder(self) -> Any:
        """A decoder for what the stream's own one does not show; None: it shows all there is."""
        return _alpha_decoder(self.stream)

    def decode(self, packet: Any) -> list[Any]:
        """Return the frames of a packet; of the empty one, those that the decoder still holds.

        Raises:
            FFmpegError: it refuses the packet.
        """
        if self._decoder is None:
            frames: list[Any] = packet.decode()
        else:
            frames = self._decoder.decode(packet if packet.size else None)
        return frames

    def seek(self, at: int) -> None:
        """Go on at a key frame not later than a tick, as far as the file's index is right.

        Raises:
            FFmpegError: it cannot be done.
        """
        timestamp = self._times.timestamp(self.stream, at)
        self.container.seek(timestamp, stream=self.stream, backward=True)
        self._times.jump()
        if self._decoder is not None:
            self._decoder.flush_buffers()

    def close(self) -> None:
        """Release the file and the decoder."""
        self.container.close()

    def _rate(self) -> Fraction:
        """Return the frame rate that the stream states; FFmpeg's guess is not asked."""
        context = self.stream.codec_context
        if context is None or not context.framerate:
            self.close()
            raise MediaUnreadable(f"there are no timestamps in it, and {NO_RATE}")
        return Fraction(context.framerate)

    def _is_header(self, packet: Any) -> bool:
        if self._header is None:
            return False
        return self._header.match(bytes(memoryview(packet)[:HEADER_BYTES])) is not None

    def _look_at(self, packet: Any) -> None:
        self.in_order &= packet.pts is not None
        context = self.stream.codec_context
        if context.is_open and self._times.begins_link(packet):
            context.flush_buffers()  # or something of one link would sound on in the next


class Shown:
    """When pictures are shown that a decoder gives out, in the order in which it does."""

    def __init__(self, track: Track) -> None:
        self._track = track
        self._sent: list[int] = []
        self._latest, self._step = 0, 1

    def send(self, packet: Any) -> None:
        """Take notice of a packet that goes to the decoder."""
        if packet.size and not packet.is_discard:
            heappush(self._sent, packet.pts)

    def at(self, frame: Any) -> int:
        """Return the time of the next picture, in ticks of the track."""
        at = self._time(frame)
        self._step, self._latest = max(at - self._latest, 1), at
        return at

    def _time(self, frame: Any) -> int:
        if not self._track.in_order and self._sent:
            return heappop(self._sent)
        if frame.pts is None:  # one more of the same packet
            return self._latest + self._step
        while self._sent and self._sent[0] <= frame.pts:
            heappop(self._sent)
        return int(frame.pts)


def _no_track(count: int, media_type: MediaType, index: int) -> str:
    if not count:
        return f"the file has no {media_type} track"
    tracks = counted(count, f"{media_type} track")
    return f"the file has {tracks}: there is none of track_index {index}"


_KEPT: list[Any] = []
"""Layouts that are never freed."""


def _name_plainly(context: Any) -> None:
    """Have channels that a file names one by one unnamed.

    PyAV frees the list of their names twice, with a crash: once with what describes a layout, and
    once with the frame or the decoder that it is of.
    """
    layout = getattr(context, "layout", None)
    if layout is not None and "(" in layout.name:
        _KEPT.append(layout)
        context.layout = f"{layout.nb_channels}C"


def _alpha_decoder(stream: Any) -> Any:
    """Return a decoder of VP8 or VP9 that is transparent in part, as WebM says; else None."""
    if stream.metadata.get("alpha_mode") != "1" or stream.codec_context is None:
        return None
    name = ALPHA_DECODERS.get(stream.codec_context.codec.canonical_name)
    if name not in codecs_available:
        return None
    decoder: Any = CodecContext.create(name, "r")
    decoder.thread_count = 1
    return decoder


def _format(container: Any) -> MediaFormat:
    known = format_of(container.format.name)
    if known is None:
        raise MediaUnreadable(f"its format, {container.format.long_name}, is not taken")
    return known


def _first(streams: Iterable[Any]) -> Fraction:
    """Return the earliest timestamp of all tracks in seconds."""
    starts = (s.start_time * Fraction(s.time_base) for s in streams if s.start_time is not None)
    return min(starts, default=Fraction(0))
