"""Instants as exact seconds of Unix time."""

from __future__ import annotations

from datetime import timedelta, timezone
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.time import EPOCH, seconds_since_1970

MICROSECONDS = st.integers(-1900 * 365 * 86_400 * 10**6, 8000 * 365 * 86_400 * 10**6)
HOURS = st.integers(-12, 14)


@given(MICROSECONDS, HOURS)
def test_seconds_since_1970_are_exact_to_the_microsecond(microseconds: int, hours: int) -> None:
    instant = EPOCH + timedelta(microseconds=microseconds)
    local = instant.astimezone(timezone(timedelta(hours=hours)))
    assert seconds_since_1970(local) == Fraction(microseconds, 10**6)
