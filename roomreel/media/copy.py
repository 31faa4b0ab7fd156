"""Copy the packets of one recording into a file of their own, at the time of the composition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from fractions import Fraction
from itertools import chain, dropwhile, pairwise, tee
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from roomreel.errors import MediaUnreadable
from roomreel.media.output import ffmpeg_errors, new_output
from roomreel.media.track import Track
from roomreel.model.media import TrackPath
from roomreel.model.room import MediaType
from roomreel.model.samples import SampleGrid
from roomreel.plan.copied_sound import SHORTEST, placed

OPUS_HEADER = b"OpusHead"
OPUS_CHANNELS = 9
"""Where the header has its count of channels."""

SILENCE = {
    SHORTEST << times: bytes([config << 3, 0xFF, 0xFE])
    for times, config in ((3, 31), (2, 30), (1, 29), (0, 28))
}
"""Packets of Opus that are silent, by the samples they last, the longest first: one mono CELT frame
of the full band, of which the range coder's first symbol says that it is silence. Source: RFC 6716,
3.1 (configurations 28 to 31 last 2.5, 5, 10 and 20 ms) and 4.3."""


def copy_pictures(path: TrackPath, output: Path, shift: Fraction, end: Fraction) -> int:
    """Copy pictures, from the first key frame on, without decoding one.

    Args:
        path: of a track whose packets have rising timestamps.
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
    with closing(Track(path, MediaType.VIDEO)) as track:
        return _copy(_lasting(_from_first_key(track), end), track.stream, output, shift)


def copy_sound(
    path: TrackPath, output: Path, shift: Fraction, before: Fraction, after: Fraction
) -> int:
    """Copy Opus sound; one channel becomes two that are alike, as in a mix, and gaps are silence.

    Args and errors are those of `copy_pictures`, and:
        before: seconds of silence before the first packet; likewise `after` the last one.

    Returns:
        How many packets were written.
    """
    with closing(Track(path, MediaType.AUDIO)) as track:
        filled = _without_gaps(_from_first_key(track), track.time_base, before, after)
        return _copy(filled, track.stream, output, shift, _in_stereo)


def _copy(
    packets: Iterable[Any],
    stream: Any,
    output: Path,
    shift: Fraction,
    change: Callable[[Any], None] | None = None,
) -> int:
    count = 0
    ticks = round(shift / stream.time_base)
    with ffmpeg_errors(f"writing {output.name}"), new_output(output) as container:
        target = container.add_stream_from_template(stream)
        if change is not None:
            change(target.codec_context)
        for packet in packets:
            packet.pts += ticks
            packet.dts = packet.pts
            packet.stream = target
            container.mux_one(packet)
            count += 1
    return count


def _without_gaps(
    packets: Iterable[Any], time_base: Fraction, before: Fraction, after: Fraction
) -> Iterator[Any]:
    """Yield packets of Opus at the times at which players hear them, and silence where none are."""
    grid = SampleGrid(time_base)
    known, taken = tee(packets)
    times = ((packet.pts, packet.duration) for packet in known)
    places = placed(times, time_base, before, after)
    for packet, place in zip(chain(taken, [None]), places, strict=False):
        start = place.start - place.silence * SHORTEST
        for length, silence in _silences(place.silence):
            silence.pts, silence.time_base = grid.timestamp(start), time_base
            silence.duration, silence.is_keyframe = grid.timestamp(length), True
            yield silence
            start += length
        if packet is not None:
            packet.pts = grid.timestamp(start)
            yield packet


def _silences(count: int) -> Iterator[tuple[int, Any]]:
    """Yield packets that last `count` of the shortest ones, and their lengths in samples."""
    for length, payload in SILENCE.items():
        packets, count = divmod(count, length // SHORTEST)
        for _ in range(packets):
            yield length, av.Packet(payload)


def _in_stereo(context: Any) -> None:
    """Ask decoders for two channels: each packet says for itself how many it has.

    Source: RFC 7845, 5.1 (the header), and RFC 6716, 2.1.2.
    """
    header = bytearray(context.extradata or b"")
    if header[:8] == OPUS_HEADER and len(header) > OPUS_CHANNELS:
        header[OPUS_CHANNELS] = 2
        context.layout, context.extradata = "stereo", bytes(header)


def _lasting(packets: Iterator[Any], end: Fraction) -> Iterator[Any]:
    """Yield pictures that last until the next one, the last of them until the end."""
    for packet, following in pairwise(chain(packets, [None])):
        until = round(end / packet.time_base) if following is None else following.pts
        packet.duration = max(until - packet.pts, 0)
        yield packet


def _from_first_key(track: Track) -> Iterator[Any]:
    """Yield packets from the first key frame on: those before it refer to nothing."""
    try:
        packets = (packet for packet in track.packets() if packet.size)
        yield from dropwhile(lambda packet: not packet.is_keyframe, packets)
    except FFmpegError as error:
        raise MediaUnreadable(f"reading {track.stream.type}: {error.strerror}") from error
