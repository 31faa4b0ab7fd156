"""Read finished files back: their packets, pictures and sound, as a player would get them."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from roomreel.media.downmix import Samples
from roomreel.media.frames import VideoFrame

UNREADABLE = (FFmpegError, OSError)
"""Errors of reading a file back."""


@dataclass(slots=True)
class StreamPackets:
    """Times of the packets of one stream, in file order; whole ticks, since there may be millions.

    Attributes:
        base: seconds a tick.
        end: where the last one ends.
    """

    base: Fraction
    pts: array[int] = field(default_factory=lambda: array("q"))
    keys: array[int] = field(default_factory=lambda: array("q"))
    end: int = 0
    last_dts: int | None = None
    monotonic: bool = True

    def add(self, packet: Any) -> None:
        """Add a packet that has both timestamps."""
        self.monotonic &= self.last_dts is None or packet.dts > self.last_dts
        self.last_dts = packet.dts
        self.pts.append(packet.pts)
        self.end = max(self.end, packet.pts + (packet.duration or 0))
        if packet.is_keyframe:
            self.keys.append(packet.pts)

    def seconds(self, ticks: Iterable[int]) -> list[Fraction]:
        """Return ticks of the stream in seconds."""
        return [tick * self.base for tick in ticks]


def read_packets(path: Path) -> dict[str, StreamPackets]:
    """Return the packets of each stream of a file, by its type ("video", "audio").

    Raises:
        FFmpegError: it cannot be read, as every function here.
    """
    streams: dict[str, StreamPackets] = {}
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.dts is None or packet.pts is None:
                continue
            name = packet.stream.type
            if name not in streams:
                streams[name] = StreamPackets(Fraction(packet.time_base))
            streams[name].add(packet)
    return streams


def decode_pictures(path: Path, *, keys_only: bool) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Yield every picture of a file, or its key frames alone, with its time in seconds."""
    with av.open(str(path)) as container:
        stream: Any = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY" if keys_only else "DEFAULT"
        for frame in container.decode(stream):
            yield (frame.pts or 0) * Fraction(frame.time_base), frame


def decode_key_frames(
    path: Path, times: Sequence[Fraction]
) -> Iterator[tuple[Fraction, VideoFrame | None]]:
    """Yield the key frames at some times, each after a seek; None where one cannot be decoded."""
    with av.open(str(path)) as container:
        stream: Any = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for at in times:
            container.seek(round(at / stream.time_base), stream=stream)
            frames = _decode_one(next(container.demux(stream)), stream.codec_context)
            yield at, frames[0] if frames else None


def decode_spans(
    path: Path, spans: Iterable[tuple[Fraction, Fraction]]
) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Yield the pictures from a key frame to a later one, of each span of seconds, after a seek."""
    with av.open(str(path)) as container:
        stream: Any = container.streams.video[0]
        for key, last in spans:
            container.seek(round(key / stream.time_base), stream=stream)
            for frame in container.decode(stream):
                at = (frame.pts or 0) * Fraction(frame.time_base)
                yield at, frame
                if at >= last:
                    break


def decode_sound(path: Path) -> Iterator[tuple[float, Samples]]:
    """Yield the decoded frames of the sound of a file, with the time of each in seconds."""
    with av.open(str(path)) as container:
        stream: Any = container.streams.audio[0]
        for frame in container.decode(stream):
            yield frame.time, frame.to_ndarray()


def _decode_one(packet: Any, context: Any) -> list[VideoFrame]:
    """Return the pictures of one packet; a decoder that waits for more is flushed."""
    frames = [*packet.decode(), *context.decode(None)]
    context.flush_buffers()
    return frames
