"""Rows of the catalogs as the database has them, and back. Pure.

Of a row the columns are kept that answers are made of, as JSON without what is null, beside those
that lists filter and sort by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import orjson

from roomreel.catalog.columns import COLUMNS
from roomreel.catalog.columns.column import TIME
from roomreel.model.table import Row, Table

_LEFT_OUT: Mapping[Table, frozenset[str]] = {
    Table.ROOMS: frozenset({"flow_run_id", "engine_version", "templates_done"}),
    Table.RECORDINGS: frozenset(
        {
            "flow_run_id",
            "engine_version",
            "first_keyframe_ms",
            "size_changes",
            "gap_count",
            "gap_ms",
            "drift_ppm",
            "decode_errors",
            "frame_count",
        }
    ),
    Table.COMPOSITIONS: frozenset({"engine_version", "inputs_sha256", "recordings"}),
}
"""Columns that no answer has: most of the bytes of a row are in them."""

KEPT: Mapping[Table, tuple[str, ...]] = {
    table: tuple(column.name for column in COLUMNS[table] if column.name not in left_out)
    for table, left_out in _LEFT_OUT.items()
}
"""The columns that are kept, by table."""

_TIMES = {
    table: [column.name for column in COLUMNS[table] if column.kind is TIME and column.name in kept]
    for table, kept in KEPT.items()
}

_STATUS = {"cancelled": "failed"}
"""The API knows no composition that was stopped; the row itself says so."""

_SID_LENGTH = 34
_LONGEST_KEY = 72


def record_of(table: Table, row: Row, day: date, fallback: datetime | None = None) -> Row:
    """Return what the database has of a row of a catalog.

    Args:
        day: of its partition.
        fallback: when it counts as created, where the row does not say.
    """
    created = row.get("date_created")
    common = {
        "sid": row["sid"],
        "day": day.isoformat(),
        "rev": row.get("rev") or 1,
        "updated_at": row["updated_at"],
        "status": _STATUS.get(row["status"], row["status"]),
        "date_created": created or fallback or _created(table, row, day),
        "row": packed(table, row),
    }
    return common | _OF_TABLE[table](row)


def packed(table: Table, row: Row) -> Row:
    """Return the columns of a row that are kept, and not null."""
    return {name: row[name] for name in KEPT[table] if row.get(name) is not None}


def unpacked(table: Table, kept: Row) -> Row:
    """Return a row of what was kept of it: every column, times as such, None where it was null."""
    row: Row = dict.fromkeys(KEPT[table]) | kept
    for name in _TIMES[table]:
        if row[name] is not None:
            row[name] = datetime.fromisoformat(row[name])
    return row


def unpacked_text(table: Table, text: str) -> Row:
    """Return the row of a JSON text."""
    return unpacked(table, orjson.loads(text))


def key_of(unique_name: str) -> str:
    """Return what a room is found by: its name, or the digest of one too long for an index."""
    if len(unique_name) <= _LONGEST_KEY and "\0" not in unique_name and unique_name.isprintable():
        return unique_name
    return f"sha256:{hashlib.sha256(unique_name.encode('utf-8', 'replace')).hexdigest()}"


def start_of(day: date) -> datetime:
    """Return the first instant of a UTC day."""
    return datetime.combine(day, time(), UTC)


def _created(table: Table, row: Row, day: date) -> datetime:
    if table is Table.COMPOSITIONS:
        return _instant_in(row["sid"]) or start_of(day)
    return row.get("end_time") or start_of(day)


def _instant_in(sid: str) -> datetime | None:
    """Return the instant that the sid of a composition has."""
    try:
        return datetime.fromtimestamp(int(sid[2:14], 16) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _of_composition(row: Row) -> Row:
    return {"room_sid": _sid(row.get("room_sid"))}


def _of_recording(row: Row) -> Row:
    return {
        "room_sid": _sid(row.get("room_sid")) or "",
        "participant_sid": _sid(row.get("participant_sid")),
        "source_sid": _sid(row.get("source_sid")),
        "type": row.get("type") or "",
        "dated": row.get("date_created") is not None,
    }


def _of_room(row: Row) -> Row:
    return {"name_key": key_of(row.get("unique_name") or row["sid"])}


def _sid(value: Any) -> str | None:
    return None if value is None else str(value)[:_SID_LENGTH]


_OF_TABLE = {
    Table.ROOMS: _of_room,
    Table.RECORDINGS: _of_recording,
    Table.COMPOSITIONS: _of_composition,
}
