"""Times as people write them on a command line: a date, an instant, or how long ago."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import typer

_SPAN = re.compile(r"(\d{1,5})([dh])")
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1)}
_DAYS = {"today": 0, "yesterday": 1}
_CLOCK = re.compile(r"(\d\d):([0-5]\d):([0-5]\d)(?:\.(\d{1,3}))?", re.ASCII)
_LONGEST_MS = 9
POSITIONS = "milliseconds, such as 90000, or HH:MM:SS, such as 00:01:30 or 00:01:30.250"
DEADLINES = "2027-01-31, 2027-01-31T09:30, 2027-01-31T09:30+01:00, 90d or 12h"
EXAMPLES = "2026-11-20, 2026-11-20T09:30, 2026-11-20T09:30+01:00, today, yesterday, 7d or 12h"


def moment(text: str) -> datetime:
    """Return the instant that a text means, in UTC; see `EXAMPLES`.

    A date is its first instant, and so are `today` and `yesterday`; what has no offset is UTC.

    Raises:
        typer.BadParameter: it means none.
    """
    now = datetime.now(UTC)
    with _refusing(text, EXAMPLES):
        if text in _DAYS:
            day = now - _DAYS[text] * timedelta(days=1)
            return day.replace(hour=0, minute=0, second=0, microsecond=0)
        if ago := _SPAN.fullmatch(text):
            return now - int(ago[1]) * _UNITS[ago[2]]
        return _instant(text)


def deadline(text: str) -> datetime:
    """Return the instant in the future that a text means, in UTC; see `DEADLINES`.

    Raises:
        typer.BadParameter: it means none.
    """
    with _refusing(text, DEADLINES):
        if span := _SPAN.fullmatch(text):
            return datetime.now(UTC) + int(span[1]) * _UNITS[span[2]]
        return _instant(text)


def position(text: str) -> int:
    """Return the milliseconds that a text means, a number of them or HH:MM:SS[.mmm].

    Raises:
        typer.BadParameter: it means none.
    """
    if text.isascii() and text.isdigit() and len(text) <= _LONGEST_MS:
        return int(text)
    clock = _CLOCK.fullmatch(text)
    if clock is None:
        raise typer.BadParameter(f"{text!r} is not a time; write {POSITIONS}")
    hours, minutes, seconds, ms = clock.groups(default="")
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(ms.ljust(3, "0"))


def _instant(text: str) -> datetime:
    said = datetime.fromisoformat(text)
    return said.replace(tzinfo=UTC) if said.tzinfo is None else said.astimezone(UTC)


@contextmanager
def _refusing(text: str, examples: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{text!r} is not a time; write {examples}") from error
