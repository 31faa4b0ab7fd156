"""Timeline: the segments of the room clock in the output, and their places there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice

from roomreel.model.plan import OutputSegment
from roomreel.model.time import Span
from roomreel.plan.spans import merged


def kept_segments(
    included: Iterable[Span], seen_or_heard: Iterable[Span], *, trim: bool
) -> tuple[OutputSegment, ...]:
    """Return the stretches of the room clock that are in the output, in order.

    Without trim: from the earliest start to the latest end of what is included. With it, of that
    only where something is displayed or an included sound is active.

    Args:
        included: effective spans of all sources, displayed or not.
        seen_or_heard: spans that are never cut out; all lie within the included ones.
        trim: as in the template.
    """
    active = merged(included)
    whole = [Span(active[0].start, active[-1].end)] if active else []
    kept: list[OutputSegment] = []
    start = Fraction(0)
    for span in merged(seen_or_heard) if trim else whole:
        kept.append(OutputSegment(span, start))
        start += span.duration
    return tuple(kept)


def length(kept: Iterable[OutputSegment]) -> Fraction:
    """Return seconds of output."""
    return sum((stretch.room.duration for stretch in kept), Fraction(0))


def in_output(span: Span, kept: Sequence[OutputSegment]) -> Iterator[tuple[Span, Fraction]]:
    """Yield the parts of a span of the room clock that are kept.

    Yields:
        The part in output time, and what to add to an output time to get room time.
    """
    first = bisect_right(kept, span.start, key=lambda stretch: stretch.room.end)
    for stretch in islice(kept, first, None):
        part = span.intersection(stretch.room)
        if part.is_empty:
            return
        ahead = stretch.room.start - stretch.start
        yield part.shifted(-ahead), ahead


def output_time(instant: Fraction, kept: Sequence[OutputSegment]) -> Fraction:
    """Return the output time of an instant of the room clock; of one cut out, that of the cut."""
    begun = bisect_right(kept, instant, key=lambda stretch: stretch.room.start)
    if not begun:
        return Fraction(0)
    stretch = kept[begun - 1]
    return stretch.start + min(instant - stretch.room.start, stretch.room.duration)
