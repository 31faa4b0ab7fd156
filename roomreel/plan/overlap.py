"""Overlaps: effective spans of recordings of one track, and of sources that relieve each other."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Protocol, Self, TypeVar

from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.time import Span, decimal_text
from roomreel.plan.usable import Usable

# One camera that stops as another starts, a network's latency apart: no two sources at once.
HANDOVER_S = Fraction(100, 1000)


class Movable(Protocol):
    """Something that can be made to start later."""

    @property
    def span(self) -> Span:
        """When it is active."""

    def starting_at(self, start: Fraction) -> Self:
        """Return the same, active only from a later instant on."""


M = TypeVar("M", bound=Movable)


def one_at_a_time(
    sources: Iterable[Usable],
) -> tuple[tuple[Usable, ...], tuple[PlanWarning, ...]]:
    """Let the recordings of one track follow each other without an overlap.

    In order of (start, sid) each starts at the latest end of those before it, if that is later;
    one that becomes empty is dropped. Ends never move.

    Returns:
        The sources in that order, and a warning for each that was shortened or dropped.
    """
    result: list[Usable] = []
    warnings: list[PlanWarning] = []
    latest: dict[str, Usable] = {}
    for source in sorted(sources, key=lambda source: (source.stated_start, source.sid)):
        track = source.recording.source_sid
        before = latest.get(track)
        if before is None or before.span.end <= source.span.start:
            effective = source
        else:
            effective = source.starting_at(before.span.end)
            warnings.append(_overlap(source, before))
        if not effective.span.is_empty:
            result.append(effective)
            latest[track] = effective
    return tuple(result), tuple(warnings)


def without_short_overlaps(sources: Sequence[M]) -> tuple[M, ...]:
    """Take away overlaps of under 100 ms between sources of different tracks, or units.

    Where one ends while another that began later has only just started, the later starts when the
    earlier ends. Only starts move, and each is judged by the spans that came in.
    """
    by_end = sorted(sources, key=lambda source: source.span.end)
    ends = [source.span.end for source in by_end]
    result: list[M] = []
    for source in sources:
        start, end = source.span.start, source.span.end
        soon = bisect_left(ends, min(start + HANDOVER_S, end))
        ending = by_end[bisect_right(ends, start) : soon]
        relieved = [other.span.end for other in ending if other.span.start < start]
        result.append(source.starting_at(max(relieved)) if relieved else source)
    return tuple(result)


def _overlap(source: Usable, before: Usable) -> PlanWarning:
    overlap = min(before.span.end, source.span.end) - source.span.start
    shortened = before.span.end < source.span.end
    effect = "starts when that ends" if shortened else "skipped"
    message = f"overlaps {before.sid} of the same track by {decimal_text(overlap, 3)} s; {effect}"
    return PlanWarning(WarningCode.DUPLICATE_OVERLAP, source.sid, message)
