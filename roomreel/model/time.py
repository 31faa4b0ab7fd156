"""Exact time: seconds as `Fraction`, spans half-open, frames counted from 0."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil

from roomreel.errors import ArgumentsInvalid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""The instant from which Unix time counts."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The half-open interval [start, end) in seconds; empty where end <= start."""

    start: Fraction
    end: Fraction

    @property
    def duration(self) -> Fraction:
        """Length in seconds, never negative."""
        return max(self.end - self.start, Fraction(0))

    @property
    def is_empty(self) -> bool:
        """True if no instant lies in the span."""
        return self.end <= self.start

    def __contains__(self, instant: Fraction) -> bool:
        return self.start <= instant < self.end

    def intersection(self, other: Span) -> Span:
        """Return the instants in both; an empty span where there are none."""
        return Span(max(self.start, other.start), min(self.end, other.end))

    def shifted(self, by: Fraction) -> Span:
        """Return the same span, `by` seconds later."""
        return Span(self.start + by, self.end + by)


def refuse_reversed(since: datetime | None, until: datetime | None) -> None:
    """Refuse a range of instants that ends before it begins, or is empty.

    Raises:
        ArgumentsInvalid: it is such a one.
    """
    if since is not None and until is not None and until <= since:
        raise ArgumentsInvalid(
            f"the range ends at {until:%Y-%m-%d %H:%M}, not after {since:%Y-%m-%d %H:%M}, at which"
            " it begins (UTC)",
            "swap the two, or give both",
        )


def seconds_since_1970(instant: datetime) -> Fraction:
    """Return an instant in exact seconds of Unix time; negative before 1970."""
    return Fraction((instant - EPOCH) // timedelta(microseconds=1), 1_000_000)


def frame_at(instant: Fraction, rate: Fraction) -> int:
    """Return the first frame whose instant k / rate is not before `instant` (seconds)."""
    return ceil(instant * rate)


def to_ms(seconds: Fraction) -> int:
    """Return seconds as whole milliseconds, halves away from zero."""
    scaled = abs(seconds) * 1000
    whole = int(scaled + Fraction(1, 2))
    return whole if seconds >= 0 else -whole


def decimal_text(seconds: Fraction, places: int = 9) -> str:
    """Return seconds as a decimal of at most `places` digits, rounded half away from zero."""
    scaled = int(abs(seconds) * 10**places + Fraction(1, 2))
    whole, part = divmod(scaled, 10**places)
    sign = "-" if seconds < 0 and scaled else ""
    digits = f"{part:0{places}}".rstrip("0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"
