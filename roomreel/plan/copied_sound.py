"""The decision to copy the sound beside copied pictures: mixing it costs more than all the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from math import floor
from operator import lt

from roomreel.model.media import MediaFile, PacketIndex
from roomreel.model.plan import AudioClip, Plan
from roomreel.model.samples import GAP, RATE, SampleGrid
from roomreel.model.template import Format
from roomreel.model.time import Span
from roomreel.plan.packets import Activity, activity

CODECS: Mapping[Format, frozenset[str]] = {
    Format.WEBM: frozenset({"opus"}),
    Format.MP4: frozenset(),
}
"""What needs no change. AAC does: its first packet is padding, which Matroska cannot state."""

SHORTEST = RATE // 400
"""Samples of the shortest packet of Opus, 2.5 ms; source: RFC 6716, 2.1.4."""

STEADY = RATE // 200
"""Up to n samples, 5 ms, packets may be off the sound before them: beyond, a mix would follow
the clock."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A packet on the grid, or what is after the last one.

    Attributes:
        start: sample of container time at which it is heard.
        silence: shortest packets of silence before it.
        late: samples by which its time is after its start.
    """

    start: int
    silence: int
    late: int


def placed(
    packets: Iterable[tuple[int, int]],
    time_base: Fraction,
    before: Fraction = Fraction(0),
    after: Fraction = Fraction(0),
) -> Iterator[Placed]:
    """Yield the places of packets, one right after the other, with silence where none are.

    Players take them so, whatever the timestamps say. What is left of a gap counts for the next
    one, so that sound stays with its timestamps however many gaps it has.

    Args:
        packets: timestamps and durations in ticks, in file order.
        time_base: seconds a tick.
        before: seconds of silence before the first packet; likewise `after` the last one.

    Yields:
        One for each packet, and one for the silence after the last.
    """
    grid = SampleGrid(time_base)
    packets = iter(packets)
    first = next(packets, None)
    if first is None:
        return
    end = grid.position(first[0]) - floor(before * RATE)
    tolerated = 0
    for pts, duration in chain([first], packets):
        place = _placed(grid.position(pts), end, tolerated)
        yield place
        end = place.start + grid.position(duration)
        tolerated = place.late + GAP
    yield _placed(end + place.late + floor(after * RATE), end, 0)


def _placed(due: int, end: int, tolerated: int) -> Placed:
    """Return what is due at a sample, after sound that has ended."""
    silence = (due - end) // SHORTEST if due - end > tolerated else 0
    start = end + silence * SHORTEST
    return Placed(start, silence, due - start)


def copies_sound(plan: Plan, media: Mapping[str, MediaFile], hold: Fraction) -> bool:
    """Return whether the one sound of a plan is heard as it is, in a codec of the format.

    So it is heard whole, on time, and as loud as it was recorded.

    Args:
        media: by recording sid.
        hold: seconds that are held at most where the last packet claims them.
    """
    if len(plan.audio) != 1 or plan.loudness is not None:
        return False
    clip = plan.audio[0]
    packets = media[clip.recording_sid].packets
    return (
        packets is not None
        and not clip.gain_db
        and packets.codec in CODECS[plan.format]
        and not (packets.truncated or packets.hidden or packets.links)
        and not (packets.mapped or packets.channels > 2)  # silence is of one or two
        and _is_whole(clip, activity(packets, hold))
        and _is_steady(packets)
    )


def _is_whole(clip: AudioClip, active: Activity | None) -> bool:
    heard = Span(clip.media_start, clip.media_start + clip.span.duration)
    return active is not None and heard == active.span and not active.disbelieved


def _is_steady(packets: PacketIndex) -> bool:
    """Return whether timestamps rise, and advance as the sound does, but for gaps."""
    pairs = zip(packets.pts, packets.durations, strict=True)
    return (
        all(packets.durations)
        and all(map(lt, packets.pts, islice(packets.pts, 1, None)))
        and all(abs(place.late) <= STEADY for place in placed(pairs, packets.time_base))
    )
