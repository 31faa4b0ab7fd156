"""Packets: the activity of a media file, by the timestamps of its packets.

All arithmetic per packet is on whole ticks and runs in C (map, all, max, sorted): a call of six
hours has a million packets a track.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, islice, pairwise
from math import floor
from operator import add, le, sub

from roomreel.model.media import PacketIndex
from roomreel.model.outliers import JITTER_S, without_outliers
from roomreel.model.room import MediaType
from roomreel.model.time import Span

# How long a last packet without a duration lasts at most, and how long a lone one does.
LONGEST_LAST_S = Fraction(1)

# How long a picture is held by default.
HOLD_S = Fraction(60)

# Packets further apart are not of one recording, whatever they say. Shorter than it takes a 32-bit
# RTP clock of 90 kHz to wrap around: 13.25 h.
LONGEST_PAUSE_S = 12 * 3600

# Codecs that may store pictures in another order than they are shown in, by what FFmpeg knows.
REORDERED = frozenset(
    {"cavs", "dirac", "h263", "h263i", "h263p", "h264", "hevc", "mpeg1video", "mpeg2video"}
    | {"mpeg4", "rv20", "rv30", "rv40", "rv60", "svq3", "vc1", "vvc", "wmv3"}
)

# Pictures by which one is stored ahead of its time at most: 16 by H.264 (A.3.1) and HEVC (A.4.2).
LONGEST_REORDERING = 16


@dataclass(frozen=True, slots=True, eq=False)
class Activity:
    """The activity of a media file; times of the container.

    Attributes:
        span: seconds.
        pts: timestamps of the active packets in ticks, ascending.
        durations: of the same packets, in ticks; empty for video, where a picture lasts until the
            next whatever its container says.
        time_base: seconds a tick.
        in_order: whether the packets are stored in order of their timestamps.
        packets_before: packets before the first key frame of a video.
        before: seconds from the first packet to the first key frame.
        apart: packets left out because they lie further from the others than any pause.
        overwritten: seconds of what is left out because its time is taken: a clock set back.
        disbelieved: seconds that the last packet claims to last, where that is not believed.
    """

    span: Span
    pts: Sequence[int]
    durations: Sequence[int]
    time_base: Fraction
    in_order: bool
    packets_before: int
    before: Fraction
    apart: int = 0
    overwritten: Fraction = Fraction(0)
    disbelieved: Fraction = Fraction(0)


def activity(packets: PacketIndex, hold: Fraction = HOLD_S) -> Activity | None:
    """Return the activity of a media file, or None where no packet of it can be used.

    Video starts at its first key frame, or at its first picture if hidden ones come before it;
    audio at its first packet with the codec delay skipped. Both end where the packet with the last
    timestamp does, however long it claims to last, after `hold` at most; sound that has a packet as
    long is believed. Strays do not count, nor do packets that are further from the others than any
    pause.

    Args:
        hold: seconds that a picture is held at most.
    """
    first = _first_usable(packets)
    if first is None:
        return None
    is_video = packets.type is MediaType.VIDEO
    in_order = all(map(le, packets.pts, islice(packets.pts, 1, None)))
    pts, durations, apart = _counted(packets, first, in_order=in_order)
    lasts, disbelieved = _last_duration(pts, durations, packets, hold)
    end = pts[-1] + lasts
    taken = len(packets.pts) - first - apart - len(pts)
    if is_video and not packets.primed:
        # What is stored after the first key frame but shown before it refers to lost pictures.
        key = packets.pts[first]
        pts = pts[bisect_left(pts, key) if key <= pts[-1] else 0 :]
    start = pts[0] * packets.time_base
    lead = packets.pts[0] * packets.time_base if first else start
    return Activity(
        span=Span(start + packets.delay, end * packets.time_base),
        pts=pts,
        durations=() if is_video else durations,
        time_base=packets.time_base,
        in_order=in_order,
        packets_before=first,
        before=max(start - lead, Fraction(0)),
        apart=apart,
        overwritten=_lasting(taken, pts) * packets.time_base,
        disbelieved=disbelieved * packets.time_base,
    )


def pauses(active: Activity, longer_than: Fraction) -> tuple[Span, ...]:
    """Return the stretches of more than `longer_than_s` without a packet, in container seconds.

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
    """Return the number of packets with a timestamp before an earlier one's, beyond reordering."""
    tolerance = _reordering(packets)
    latest = accumulate(packets.pts, max)
    return sum(pts < last - tolerance for pts, last in zip(packets.pts, latest, strict=True))


def _first_usable(packets: PacketIndex) -> int | None:
    if not packets.pts:
        return None
    if packets.type is MediaType.VIDEO and not packets.primed:
        return next((at for at, key in enumerate(packets.keys) if key), None)
    return 0


def _counted(
    packets: PacketIndex, first: int, *, in_order: bool
) -> tuple[Sequence[int], Sequence[int], int]:
    """Return the timestamps and durations of packets that count, and the number of those apart."""
    pts, durations = packets.pts[first:], packets.durations[first:]
    furthest = floor(LONGEST_PAUSE_S / packets.time_base)
    if in_order and pts[-1] - pts[0] <= furthest:
        return pts, durations, 0
    low, high = _most_together(sorted(pts), furthest)
    near = [at for at, tick in enumerate(pts) if low <= tick <= high]
    steady = without_outliers(near, pts.__getitem__, _jitter(packets))
    order = sorted(steady, key=pts.__getitem__)
    return [pts[at] for at in order], [durations[at] for at in order], len(pts) - len(near)


def _jitter(packets: PacketIndex) -> int:
    """Return ticks by which a packet may come after one that is later."""
    return floor(max(_reordering(packets), JITTER_S / packets.time_base))


def _reordering(packets: PacketIndex) -> Fraction:
    """Return ticks by which the codec stores pictures ahead of their time."""
    if packets.codec not in REORDERED:
        return Fraction(0)
    return LONGEST_REORDERING * (_median_step(sorted(packets.pts)) or Fraction(0))


def _most_together(rising: Sequence[int], furthest: int) -> tuple[int, int]:
    """Return the first and last of the most timestamps without neighbours further apart."""
    steps = map(sub, islice(rising, 1, None), rising)
    cuts = [at for at, step in enumerate(steps, 1) if step > furthest]
    runs = pairwise([0, *cuts, len(rising)])
    start, end = max(runs, key=lambda run: run[1] - run[0])
    return rising[start], rising[end - 1]


def _last_duration(
    pts: Sequence[int], durations: Sequence[int], packets: PacketIndex, hold: Fraction
) -> tuple[Fraction, int]:
    """Return the ticks that the last packet lasts, and those it claims if that is not believed."""
    stated, longest = durations[-1], LONGEST_LAST_S / packets.time_base
    if stated <= 0:
        return min(_median_step(pts) or longest, longest), 0
    if stated <= longest:
        return Fraction(stated), 0
    most = hold / packets.time_base
    if packets.type is MediaType.AUDIO:
        most = max(most, Fraction(max(durations[:-1], default=0)))
    return (Fraction(stated), 0) if stated <= most else (most, stated)


def _lasting(count: int, pts: Sequence[int]) -> Fraction:
    """Return the ticks that n more packets would last."""
    return count * (_median_step(pts) or Fraction(0)) if count else Fraction(0)


def _median_step(pts: Sequence[int]) -> Fraction | None:
    """Return the median distance of timestamps in ticks; None where all are one instant."""
    steps = sorted(filter(None, map(sub, islice(pts, 1, None), pts)))
    if not steps:
        return None
    return Fraction(steps[(len(steps) - 1) // 2] + steps[len(steps) // 2], 2)
