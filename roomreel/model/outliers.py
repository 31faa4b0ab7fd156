"""Outliers: timestamps that cannot be meant, among those that can."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TypeVar

Item = TypeVar("Item")
Instant = TypeVar("Instant", int, Fraction)

# A packet that was overtaken on the network is late by less, or was of no use to the call either.
JITTER_S = Fraction(1, 10)


def without_outliers(
    items: Iterable[Item], time: Callable[[Item], Instant], jitter: Instant
) -> Iterator[Item]:
    """Leave out what stands at a wrong time, and keep what comes after it.

    Clocks run on: of two items of which the second is earlier, the first is the outlier. Where that
    is out already the clock has been set back, and items are left out up to where it stood.

    Args:
        items: in the order in which they are stored.
        time: of an item, in the unit of `jitter`.
        jitter: an item that is earlier by less was overtaken, and changes places with the one
            before; with 0 there are none, and time advances with each item.
    """
    held: tuple[Instant, Item] | None = None
    latest: Instant | None = None
    for item in items:
        at = time(item)
        if latest is not None and at <= latest - jitter:
            continue
        later = at, item
        if held is not None and at > held[0] - jitter:
            first, later = (later, held) if at < held[0] else (held, later)
            latest = first[0] if latest is None else max(latest, first[0])
            yield first[1]
        held = later
    if held is not None:
        yield held[1]
