"""The tables of the catalogs by name, and the day on which a row lies in one. Standard library."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Literal, get_args

from roomreel.errors import CatalogError

Row = dict[str, Any]


class Table(StrEnum):
    """The catalogs."""

    ROOMS = "rooms"
    RECORDINGS = "recordings"
    COMPOSITIONS = "compositions"
    ATTEMPTS = "attempts"
    TALK = "talk"


Deletable = Literal[Table.COMPOSITIONS, Table.RECORDINGS]
"""A table whose rows can be deleted. The row of a room stays: it says what was done."""

DELETABLE: tuple[Deletable, ...] = get_args(Deletable)


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One table and the UTC day of its rows: one file.

    The day of a room, of its recordings and of the talk in it is the one on which the room ended,
    that of a composition and of its attempts is in its sid.
    """

    table: Table
    day: date

    @property
    def subfolder(self) -> str:
        """The path of its folder below the root of the catalogs or the journal."""
        return f"{self.table}/date={self.day.isoformat()}"

    def __str__(self) -> str:
        return self.subfolder


_FOLDER = re.compile(r"date=(\d{4}-\d\d-\d\d)")

_TABLE_OF_PREFIX = {
    "RM": Table.ROOMS,
    "RT": Table.RECORDINGS,
    "CJ": Table.COMPOSITIONS,
    "AT": Table.ATTEMPTS,
    "TK": Table.TALK,
}


def table_of(sid: str) -> Table | None:
    """Return the table whose rows have such sids; None where no table has."""
    return _TABLE_OF_PREFIX.get(sid[:2])


def day_of(end_time: datetime) -> date:
    """Return the UTC day of an instant."""
    return end_time.astimezone(UTC).date()


def day_in(folder: str) -> date | None:
    """Return the day that a folder `date=YYYY-MM-DD` is for; None where that is not its name."""
    match = _FOLDER.fullmatch(folder)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def composition_day(sid: str) -> date:
    """Return the UTC day of a composition, which its sid alone decides; likewise that of talk.

    On that day its room ended, or, where it was asked for, it was created: another day than that of
    its room, which may be later as well as earlier.

    Raises:
        CatalogError: the first 12 digits are not a time of the calendar.
    """
    try:
        return datetime.fromtimestamp(int(sid[2:14], 16) / 1000, UTC).date()
    except (ValueError, OverflowError, OSError) as error:
        raise CatalogError(f"{sid!r} is not the sid of a composition") from error


def talk_sid(room_sid: str, end_time: datetime, participant_sid: str) -> str:
    """Return the sid of the row about the talk of a participant of a room.

    Args:
        end_time: when the room ended, by its row.
    """
    digest = hashlib.sha256(f"{room_sid}\0{participant_sid}".encode("utf-8", "replace"))
    return f"TK{round(end_time.timestamp() * 1000):012x}{digest.hexdigest()[:20]}"


def composition_days(sids: Iterable[str]) -> set[date]:
    """Return the days of some compositions; what is none's sid has no day."""
    days = set()
    for sid in sids:
        with suppress(CatalogError):
            days.add(composition_day(sid))
    return days


def purged_digest(sid: str) -> str:
    """Return the digest that is kept of a sid whose row was purged."""
    return hashlib.sha256(sid.encode()).hexdigest()
