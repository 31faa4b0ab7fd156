"""Axes, and numbers as people read them. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis from its first mark to its last.

    Attributes:
        marks: rising, two or more, equally far apart.
    """

    marks: tuple[float, ...]

    def place(self, value: float) -> float:
        """Return the place of a value on the axis, in percent of its length."""
        first, last = self.marks[0], self.marks[-1]
        return round(100 * (value - first) / (last - first), 3)


def scale(values: Sequence[float], *, intervals: int = 4) -> Scale:
    """Return the axis that holds the values at round marks.

    Args:
        values: what is to be seen; whole numbers alone get marks at whole numbers.
        intervals: most of them between marks, about.
    """
    low, high = min(values, default=0.0), max(values, default=0.0)
    if low == high:
        high = low + 1
    step = _round_step((high - low) / intervals)
    if all(float(value).is_integer() for value in values):
        step = max(step, 1)
    first, last = math.floor(low / step), math.ceil(high / step)
    # Rounded, since 3 * 0.1 is not 0.3; a step has one digit.
    digits = max(0, -math.floor(math.log10(step)))
    return Scale(tuple(round(number * step, digits) for number in range(first, last + 1)))


def words(value: float | None) -> str:
    """Return a number with three digits that count and thousands apart; a dash for none."""
    if value is None:
        return "\N{EN DASH}"
    if value == 0 or abs(value) >= 100:
        text = f"{value:,.0f}"
    else:
        text = f"{float(f'{value:.3g}'):,.10f}".rstrip("0").rstrip(".")
    return text.replace("-", "\N{MINUS SIGN}")


def lasting(hours: float) -> str:
    """Return a length of time in hours, minutes or seconds, whichever is a number from 1 up."""
    for unit, in_hour in (("h", 1), ("min", 60)):
        if hours * in_hour >= 1:
            return f"{words(hours * in_hour)} {unit}"
    return f"{words(hours * 3600)} s"


def spread(count: int, most: int) -> range:
    """Return the indices of at most `most` of `count` neighbours, evenly spaced, for labels."""
    return range(0, count, max(1, -(-count // most)))


def _round_step(least: float) -> float:
    magnitude: float = 10.0 ** math.floor(math.log10(least))
    return next(step * magnitude for step in _STEPS if step * magnitude >= least * (1 - 1e-9))
