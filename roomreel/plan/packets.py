"""Packets: when a medium is active, by the timestamps of its packets.

All arithmetic per packet is on whole ticks and runs in C (map, all, max, sorted): a call of six
hours has a million packets a track.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from math import floor
from operator import add, le, sub

from roomreel.model.media import PacketIndex
from roomreel.model.room import MediaType
from roomreel.model.time import Span

# How long a last packet without a duration lasts at most, and how long a lone one does.
LONGEST_LAST_S = Fraction(1)

# Pictures that may be held back for reordering: 16 by H.264 (A.3.1) and HEVC (A.4.2). The codecs
# that are not named here store pictures in the order they are shown.
REORDERED = {"h264": 16, "hevc": 16}


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """When a medium is active; times of the container.

    Attributes:
        span: seconds.
        pts: timestamps of the active packets in ticks, ascending.
        durations: of the same packets, in ticks; empty for video, where a picture lasts until the
            next whatever its container says.
        time_base: seconds a tick.
        in_order: whether the packets are stored in order of their timestamps.
        packets_before: packets before the first key frame of a video.
        before: seconds from the first packet to the first key frame.
    """

    span: Span
    pts: Sequence[int]
    durations: Sequence[int]
    time_base: Fraction
    in_order: bool
    packets_before: int
    before: Fraction


def activity(packets: PacketIndex) -> Activity | None:
    """When a medium is active, or None where no packet of it can be used.

    Video starts at its first key frame, audio at its first packet with the codec delay skipped.
    Both end where the packet with the last timestamp does.
    """
    first = _first_usable(packets)
    if first is None:
        return None
    is_video = packets.type is MediaType.VIDEO
    in_order = all(map(le, packets.pts, islice(packets.pts, 1, None)))
    pts: Sequence[int] = packets.pts[first:]
    durations: Sequence[int] = packets.durations[first:]
    if not in_order:
        order = sorted(range(len(pts)), key=pts.__getitem__)
        pts, durations = [pts[at] for at in order], [durations[at] for at in order]
    end = pts[-1] + _last_duration(pts, durations[-1], packets.time_base)
    if is_video:
        # What is stored after the first key frame but shown before it refers to lost pictures.
        pts, durations = pts[bisect_left(pts, packets.pts[first]) :], ()
    start = pts[0] * packets.time_base
    return Activity(
        span=Span(start + packets.delay, end * packets.time_base),
        pts=pts,
        durations=durations,
        time_base=packets.time_base,
        in_order=in_order,
        packets_before=first,
        before=max(start - packets.pts[0] * packets.time_base, Fraction(0)),
    )


def pauses(active: Activity, longer_than: Fraction) -> tuple[Span, ...]:
    """The stretches of more than so many seconds without a packet, in container seconds.

    A pause begins at the timestamp of a picture, and where an audio packet ends.
    """
    limit = floor(longer_than / active.time_base)
    ends = list(map(add, active.pts, active.durations)) if active.durations else active.pts
    if max(map(sub, islice(active.pts, 1, None), ends), default=0) <= limit:
        return ()
    return tuple(
        Span(end * active.time_base, following * active.time_base)
        for end, following in zip(ends, islice(active.pts, 1, None), strict=False)
        if following - end > limit
    )


def backward_steps(packets: PacketIndex) -> int:
    """How many packets have a timestamp before one stored earlier, beyond normal reordering."""
    depth = REORDERED.get(packets.codec, 0)
    tolerance = depth * (_median_step(sorted(packets.pts)) or 0)
    steps, latest = 0, packets.pts[0]
    for pts in packets.pts:
        steps += pts < latest - tolerance
        latest = max(latest, pts)
    return steps


def _first_usable(packets: PacketIndex) -> int | None:
    if not packets.pts:
        return None
    if packets.type is MediaType.VIDEO:
        return next((at for at, key in enumerate(packets.keys) if key), None)
    return 0


def _last_duration(pts: Sequence[int], stated: int, time_base: Fraction) -> Fraction:
    """Ticks that the last packet lasts."""
    if stated > 0:
        return Fraction(stated)
    longest = LONGEST_LAST_S / time_base
    return min(_median_step(pts) or longest, longest)


def _median_step(pts: Sequence[int]) -> Fraction | None:
    """The median distance of ascending timestamps in ticks; None where all are one instant."""
    steps = sorted(filter(None, map(sub, islice(pts, 1, None), pts)))
    if not steps:
        return None
    return Fraction(steps[(len(steps) - 1) // 2] + steps[len(steps) // 2], 2)
