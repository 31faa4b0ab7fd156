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

from roomreel.errors import CatalogError

VERSION = "3"
NEWER_REMEDY = "update roomreel on this machine"

Row = dict[str, Any]


class Table(StrEnum):
    """The catalogs."""

    ROOMS = "rooms"
    RECORDINGS = "recordings"
    COMPOSITIONS = "compositions"


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


# The field of a list is named "element" because Parquet names it so: what is read back is equal.
def _list_of(kind: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", kind))


def _struct(**kinds: pa.DataType) -> pa.DataType:
    return pa.struct(list(kinds.items()))


_STRING, _INT, _FLOAT, _BOOL = pa.string(), pa.int64(), pa.float64(), pa.bool_()
_TIME = pa.timestamp("us", "UTC")

_COMMON: dict[str, pa.DataType] = {
    "sid": _STRING,
    "status": _STRING,
    "rev": _INT,
    "updated_at": _TIME,
    "flow_run_id": _STRING,
    "engine_version": _STRING,
}

_COLUMNS: dict[Table, dict[str, pa.DataType]] = {
    Table.ROOMS: {
        "unique_name": _STRING,
        "type": _STRING,
        "date_created": _TIME,
        "end_time": _TIME,
        "duration_ms": _INT,
        "participant_count": _INT,
        "recording_count": _INT,
        "source_bytes": _INT,
        "manifest_url": _STRING,
        "manifest_sha256": _STRING,
        "templates_done": _list_of(_STRING),
        # Since version 2: digests of the sids of recordings whose rows were purged.
        "recordings_purged": _list_of(_STRING),
    },
    Table.RECORDINGS: {
        "room_sid": _STRING,
        "room_name": _STRING,
        "participant_sid": _STRING,
        "participant_identity": _STRING,
        "source_sid": _STRING,
        "track_name": _STRING,
        "type": _STRING,
        "date_created": _TIME,
        "date_deleted": _TIME,
        "container_format": _STRING,
        "codec": _STRING,
        "media_url": _STRING,
        "sha256": _STRING,
        "offset_ms": _INT,
        "claimed_duration_ms": _INT,
        "claimed_size_bytes": _INT,
        "size_bytes": _INT,
        "start_ms": _INT,
        "end_ms": _INT,
        "duration_ms": _INT,
        "width": _INT,
        "height": _INT,
        "frame_count": _INT,
        "first_keyframe_ms": _INT,
        "size_changes": _INT,
        "gap_count": _INT,
        "gap_ms": _INT,
        "drift_ppm": _FLOAT,
        "decode_errors": _INT,
        "warnings": _list_of(_struct(code=_STRING, message=_STRING)),
    },
    Table.COMPOSITIONS: {
        "room_sid": _STRING,
        "room_name": _STRING,
        "template": _STRING,
        "template_sha256": _STRING,
        "template_json": _STRING,
        "inputs_sha256": _STRING,
        "failure_code": _STRING,
        "failure_message": _STRING,
        "date_created": _TIME,
        "date_started": _TIME,
        "date_completed": _TIME,
        "date_deleted": _TIME,
        "width": _INT,
        "height": _INT,
        "format": _STRING,
        "trim": _BOOL,
        # "30/1" as in the plan document: 30000/1001 has no exact float.
        "frame_rate": _STRING,
        "frame_count": _INT,
        "duration_ms": _INT,
        "size_bytes": _INT,
        "bitrate_bps": _INT,
        "source_bytes": _INT,
        "source_duration_ms": _INT,
        "media_url": _STRING,
        "media_sha256": _STRING,
        "encryption": _STRING,
        "key_fingerprint": _STRING,
        "recordings": _list_of(
            _struct(recording_sid=_STRING, type=_STRING, start_ms=_INT, end_ms=_INT, shown_ms=_INT)
        ),
        "warnings": _list_of(_struct(code=_STRING, recording_sid=_STRING, message=_STRING)),
        "render_s": _FLOAT,
        "realtime_factor": _FLOAT,
        "attempts": _INT,
    },
}

_FOLDER = re.compile(r"date=(\d{4}-\d\d-\d\d)")

# The version of the engine is a column of each row: files stay as they are when it goes up.
_METADATA: dict[bytes | str, bytes | str] = {"roomreel.catalog": VERSION}

SCHEMAS: Mapping[Table, pa.Schema] = {
    table: pa.schema(list((_COMMON | columns).items()), metadata=_METADATA)
    for table, columns in _COLUMNS.items()
}

_TABLE_OF_PREFIX = {"RM": Table.ROOMS, "RT": Table.RECORDINGS, "CJ": Table.COMPOSITIONS}


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
