"""The tables: their columns and types, and the partition each row lies in.

Every file of a table has exactly the schema given here. A schema grows only by columns that may
be null, and `VERSION` goes up with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

import pyarrow as pa

from roomreel.catalog.columns import COLUMNS
from roomreel.errors import CatalogError

VERSION = "4"
NEWER_REMEDY = "update roomreel on this machine"

Row = dict[str, Any]


class Table(StrEnum):
    """The catalogs."""

    ROOMS = "rooms"
    RECORDINGS = "recordings"
    COMPOSITIONS = "compositions"
    ATTEMPTS = "attempts"


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One table and the UTC day on which the rooms of its rows ended: one file."""

    table: Table
    day: date

    @property
    def folder(self) -> str:
        """Path of its folder below the root of the catalogs or the journal."""
        return f"{self.table}/date={self.day.isoformat()}"

    def __str__(self) -> str:
        return self.folder


_FOLDER = re.compile(r"date=(\d{4}-\d\d-\d\d)")

# The version of the engine is a column of each row: files stay as they are when it goes up.
_METADATA: dict[bytes | str, bytes | str] = {"roomreel.catalog": VERSION}

SCHEMAS: Mapping[Table, pa.Schema] = {
    table: pa.schema([column.field for column in COLUMNS[table]], metadata=_METADATA)
    for table in Table
}

# Columns that earlier versions had: they are read, and no longer written.
RETIRED: Mapping[Table, frozenset[str]] = {Table.COMPOSITIONS: frozenset({"history"})}

_TABLE_OF_PREFIX = {
    "RM": Table.ROOMS,
    "RT": Table.RECORDINGS,
    "CJ": Table.COMPOSITIONS,
    "AT": Table.ATTEMPTS,
}


def purged_digest(sid: str) -> str:
    """What is remembered of a sid whose row was purged: enough to know it again, and no more."""
    return hashlib.sha256(sid.encode()).hexdigest()


def version_of(schema: pa.Schema) -> int:
    """Return the version of the catalogs that a file says it is of; 0 where it says none."""
    said = (schema.metadata or {}).get(b"roomreel.catalog", b"")
    return int(said) if said.isdigit() else 0


def refuse_newer(version: int, what: str) -> None:
    """End what would write in a version that is older than what is there.

    Args:
        what: which is of that version.

    Raises:
        CatalogError: a newer roomreel has written it.
    """
    if version > int(VERSION):
        raise CatalogError(
            f"written by a newer roomreel: {what} is of catalog version {version}, and this one"
            f" knows {VERSION}",
            NEWER_REMEDY,
        )


def is_of_today(table: Table, schema: pa.Schema) -> bool:
    """Whether a file has the schema that this engine writes, of the same version."""
    return version_of(schema) == int(VERSION) and schema.equals(SCHEMAS[table])


def table_of(sid: str) -> Table | None:
    """The table whose rows have such sids; None where no table has."""
    return _TABLE_OF_PREFIX.get(sid[:2])


def day_of(end_time: datetime) -> date:
    """The UTC day of an instant."""
    return end_time.astimezone(UTC).date()


def day_in(folder: str) -> date | None:
    """The day that a folder `date=YYYY-MM-DD` is for; None where that is not its name."""
    match = _FOLDER.fullmatch(folder)
    try:
        return date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def composition_day(sid: str) -> date:
    """The UTC day on which the room of a composition ended, as its sid tells.

    Raises:
        CatalogError: the first 12 digits are no time of the calendar.
    """
    try:
        return datetime.fromtimestamp(int(sid[2:14], 16) / 1000, UTC).date()
    except (ValueError, OverflowError, OSError) as error:
        raise CatalogError(f"{sid!r} is not the sid of a composition") from error


def tabled(table: Table, rows: list[Row]) -> pa.Table:
    """The rows in the schema of their table, in their order; what they leave out is null.

    Raises:
        CatalogError: a value does not fit its column.
    """
    try:
        return pa.Table.from_pylist(rows, schema=SCHEMAS[table])
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise CatalogError(f"a row does not fit the table {table}: {error}") from error


def normalised(table: Table, rows: list[Row]) -> list[Row]:
    """The rows as a catalog file would give them back: every column, exact types.

    Raises:
        CatalogError: a value does not fit its column.
    """
    return tabled(table, rows).to_pylist()
