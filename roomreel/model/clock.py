"""Clocks that are drawn, and what they show."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from math import floor
from time import gmtime

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86_400


class Clock(StrEnum):
    """The clock that an overlay shows."""

    OUTPUT = "output"
    ROOM = "room"
    WALL = "wall"


DATE_FORMAT = "YYYY-MM-DD HH:MM:SS"
"""Of a wall clock only."""

CLOCK_FORMATS: Mapping[str, str] = {
    "HH:MM:SS": "{hours:02}:{minutes:02}:{seconds:02}",
    "MM:SS": "{all_minutes:02}:{seconds:02}",
    "HH:MM": "{hours:02}:{minutes:02}",
    DATE_FORMAT: "{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02}",
}
"""The formats of clocks, and how they are filled in."""


def reading(clock: Clock, clock_format: str, at: Fraction) -> str:
    """Return what a clock shows.

    Args:
        clock: a wall clock begins again each day and each hour, the others count on.
        clock_format: one of `CLOCK_FORMATS`.
        at: seconds that it counts; of a wall clock since 1970, of the place that it is of.
    """
    days, since = divmod(floor(at), _DAY_S) if clock is Clock.WALL else (0, floor(at))
    minutes = since // _MINUTE_S
    date = gmtime(days * _DAY_S)
    return CLOCK_FORMATS[clock_format].format(
        year=date.tm_year,
        month=date.tm_mon,
        day=date.tm_mday,
        hours=since // _HOUR_S,
        minutes=minutes % 60,
        all_minutes=minutes % 60 if clock is Clock.WALL else minutes,
        seconds=since % _MINUTE_S,
    )
