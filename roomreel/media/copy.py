"""Copy the packets of one recording into a file of their own, at the time of the composition."""

from __future__ import annotations

from collections.abc import Iterator
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


def copy_pictures(path: str, output: Path, start: Fraction, end: Fraction) -> int:
    """Copy pictures, from the first key frame on, without decoding one.

    Args:
        path: local file whose packets have rising timestamps.
        output: a file of one stream; its suffix names the container.
        start: time in seconds that the first key frame gets.
        end: container time of the source in seconds at which the last picture ends.

    Returns:
        How many pictures were copied.

    Raises:
        MediaUnreadable: the source cannot be read.
        RenderError: FFmpeg refuses to write its packets.
        StorageFailed: no room, or no permission.
    """
    source, stream = open_track(path, MediaType.VIDEO)
    with source, translated(f"writing {output.name}"), av.open(str(output), "w") as container:
        target = container.add_stream_from_template(stream)
        count, shift = 0, 0
        for packet, following in pairwise(chain(_from_first_key(source, stream), [None])):
            if not count:
                shift = round(start / packet.time_base) - packet.pts
            until = end / packet.time_base if following is None else following.pts
            packet.duration = max(round(until) - packet.pts, 0)
            packet.pts += shift
            packet.dts = packet.pts
            packet.stream = target
            container.mux_one(packet)
            count += 1
        return count


def _from_first_key(source: Any, stream: Any) -> Iterator[Any]:
    """Its packets from the first key frame on: those before it refer to nothing."""
    try:
        packets = (packet for packet in source.demux(stream) if packet.size)
        timed = (packet for packet in packets if packet.pts is not None)
        yield from dropwhile(lambda packet: not packet.is_keyframe, timed)
    except FFmpegError as error:
        raise MediaUnreadable(f"reading {stream.type}: {error.strerror}") from error
