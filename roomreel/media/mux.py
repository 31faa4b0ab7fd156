"""Put encoded parts into one file: packets on the frame grid, tags, chapters, index."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av

from roomreel.errors import RenderError
from roomreel.media.output import ffmpeg_errors, new_output
from roomreel.model.plan import Chapter, Plan
from roomreel.model.template import Format
from roomreel.model.time import to_ms

PART_SUFFIX: Mapping[Format, str] = {Format.MP4: "mp4", Format.WEBM: "mkv"}
"""Container of the parts: MP4 keeps what Matroska drops, the decoding timestamps of B-frames and
the exact ones of sound. In the end WebM has whole milliseconds anyway."""

MUXER_OPTIONS: Mapping[Format, Mapping[str, str]] = {
    Format.MP4: {"movflags": "+faststart"},
    Format.WEBM: {"cues_to_front": "1"},
}
"""The index stands at the front, so that a browser seeks before the file is there."""


def mux(
    pictures: Sequence[Path], sound: Path | None, output: Path, tags: Mapping[str, str], plan: Plan
) -> None:
    """Copy the packets of parts (one stream each) into the final file, in order of time.

    Args:
        pictures: consecutive stretches of the plan's frames, each with timestamps from 0.
        tags: container metadata, text as it is.
        plan: of which format, frame rate, length and chapters are used.

    Raises:
        RenderError: a part cannot be read back, or does not continue the one before it.
        StorageFailed: no room, or no permission.
    """
    options = dict(MUXER_OPTIONS[plan.format])
    with ffmpeg_errors(f"muxing {output.name}"), ExitStack() as stack:
        container = new_output(output, format=str(plan.format), options=options)
        stack.enter_context(container)
        container.metadata.update(tags)
        container.set_chapters(_chapters(plan.chapters, plan.duration))
        feeds = []
        for parts in filter(None, (pictures, [sound] if sound else ())):
            with av.open(str(parts[0])) as first:
                stream = container.add_stream_from_template(first.streams[0])
            feeds.append(_packets(parts, stream, plan.frame_rate))
        for packet in heapq.merge(*feeds, key=lambda packet: packet.dts * packet.time_base):
            container.mux_one(packet)


def _packets(parts: Sequence[Path], target: Any, rate: Fraction) -> Iterator[Any]:
    """Yield the packets of consecutive parts, bound to a stream of the container."""
    extradata = target.codec_context.extradata
    first_frame = 0
    for part in parts:
        with av.open(str(part)) as source:
            if source.streams[0].codec_context.extradata != extradata:
                raise RenderError(f"{part.parent.name} was encoded otherwise than the first part")
            count = 0
            for packet in source.demux(0):
                if packet.dts is None:
                    continue
                count += 1
                packet.stream = target
                if len(parts) > 1:
                    _onto_grid(packet, first_frame, rate)
                yield packet
        first_frame += count


def _onto_grid(packet: Any, first_frame: int, rate: Fraction) -> None:
    """Count a packet's timestamps in frames, exactly, from the first frame of its part."""
    pts, dts = (round(ticks * packet.time_base * rate) for ticks in (packet.pts, packet.dts))
    packet.time_base = 1 / rate
    packet.pts, packet.dts, packet.duration = pts + first_frame, dts + first_frame, 1


def _chapters(chapters: Sequence[Chapter], duration: Fraction) -> list[Any]:
    instants = [to_ms(instant) for instant in (*(one.start for one in chapters), duration)]
    return [
        {
            "id": number,
            "start": start,
            "end": end,
            "time_base": Fraction(1, 1000),
            "metadata": {"title": chapter.title},
        }
        for number, (chapter, (start, end)) in enumerate(
            zip(chapters, pairwise(instants), strict=True), 1
        )
    ]
