"""Spans: the little algebra of half-open intervals that planning needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from roomreel.model.time import Span


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the instants of all spans as the fewest spans, in order; those that touch are one."""
    result: list[Span] = []
    for span in sorted(span for span in spans if not span.is_empty):
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def bridged(spans: Iterable[Span], over: Fraction) -> tuple[Span, ...]:
    """Return the same with gaps of up to so many seconds filled."""
    stretched = merged(Span(span.start, span.end + over) for span in spans)
    return tuple(Span(span.start, span.end - over) for span in stretched)


def minus(span: Span, holes: Iterable[Span]) -> tuple[Span, ...]:
    """Return a span without the holes, which are in order and do not overlap."""
    result: list[Span] = []
    start = span.start
    for hole in holes:
        result.append(Span(start, min(hole.start, span.end)))
        start = max(start, hole.end)
    result.append(Span(start, span.end))
    return tuple(part for part in result if not part.is_empty)


def within(span: Span, parts: Iterable[Span]) -> tuple[Span, ...]:
    """Return the instants of the parts that lie in a span."""
    cut = (part.intersection(span) for part in parts)
    return tuple(part for part in cut if not part.is_empty)


def common(some: Sequence[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    """Return the instants that lie in both; each is in order, and its spans do not overlap."""
    result: list[Span] = []
    i = j = 0
    while i < len(some) and j < len(others):
        both = some[i].intersection(others[j])
        if not both.is_empty:
            result.append(both)
        if some[i].end < others[j].end:
            i += 1
        else:
            j += 1
    return tuple(result)


def total(spans: Iterable[Span]) -> Fraction:
    """Return seconds of all spans together."""
    return sum((span.duration for span in spans), Fraction(0))


def most_at_once(spans: Iterable[Span]) -> int:
    """Return the largest number of spans that share an instant; an end comes before a start."""
    steps = sorted(
        step for span in spans if not span.is_empty for step in ((span.start, 1), (span.end, -1))
    )
    now = most = 0
    for _, change in steps:
        now += change
        most = max(most, now)
    return most
