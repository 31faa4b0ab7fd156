"""Copy the packets of one recording into a file of their own, at the time of the composition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import chain, dropwhile, pairwise
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from roomreel.errors import MediaUnreadable
from roomreel.media.container import open_track
from roomreel.media.encode import translated
from roomreel.model.room import MediaType

OPUS_HEADER = b"OpusHead"
OPUS_CHANNELS = 9
"""Where the header has its count of channels."""


def copy_pictures(path: str, output: Path, shift: Fraction, end: Fraction) -> int:
    """Copy pictures, from the first key frame on, without decoding one.

    Args:
        path: local file whose packets have rising timestamps.
        output: a file of one stream; its suffix names the container.
        shift: seconds to add to the container times of the source.
        end: container time of the source in seconds at which the last picture ends.

    Returns:
        How many pictures were copied.

    Raises:
        MediaUnreadable: the source cannot be read.
        RenderError: FFmpeg refuses to write its packets.
        StorageFailed: no room, or no permission.
    """
    source, stream = open_track(path, MediaType.VIDEO)
    with source:
        return _copy(_lasting(_from_first_key(source, stream), end), stream, output, shift)


def copy_sound(path: str, output: Path, shift: Fraction) -> int:
    """Copy Opus sound; one channel becomes two that are alike, as in a mix.

    Args and errors are those of `copy_pictures`. Returns how many packets were copied.
    """
    source, stream = open_track(path, MediaType.AUDIO)
    with source:
        return _copy(_from_first_key(source, stream), stream, output, shift, _in_stereo)


def _copy(
    packets: Iterable[Any],
    stream: Any,
    output: Path,
    shift: Fraction,
    change: Callable[[Any], None] | None = None,
) -> int:
    count = 0
    with translated(f"writing {output.name}"), av.open(str(output), "w") as container:
        target = container.add_stream_from_template(stream)
        if change is not None:
            change(target.codec_context)
        for packet in packets:
            packet.pts += round(shift / packet.time_base)
            packet.dts = packet.pts
            packet.stream = target
            container.mux_one(packet)
            count += 1
    return count


def _in_stereo(context: Any) -> None:
    """Ask decoders for two channels: each packet says for itself how many it has.

    Source: RFC 7845, 5.1 (the header), and RFC 6716, 2.1.2.
    """
    header = bytearray(context.extradata or b"")
    if header[:8] == OPUS_HEADER and len(header) > OPUS_CHANNELS:
        header[OPUS_CHANNELS] = 2
        context.layout, context.extradata = "stereo", bytes(header)


def _lasting(packets: Iterator[Any], end: Fraction) -> Iterator[Any]:
    """Pictures that last until the next one, the last of them until the end."""
    for packet, following in pairwise(chain(packets, [None])):
        until = round(end / packet.time_base) if following is None else following.pts
        packet.duration = max(until - packet.pts, 0)
        yield packet


def _from_first_key(source: Any, stream: Any) -> Iterator[Any]:
    """Its packets from the first key frame on: those before it refer to nothing."""
    try:
        packets = (packet for packet in source.demux(stream) if packet.size)
        timed = (packet for packet in packets if packet.pts is not None)
        yield from dropwhile(lambda packet: not packet.is_keyframe, timed)
    except FFmpegError as error:
        raise MediaUnreadable(f"reading {stream.type}: {error.strerror}") from error
