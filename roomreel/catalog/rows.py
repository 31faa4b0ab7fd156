"""From the model to rows, by the table of columns. Pure.

A row may leave out columns that are null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roomreel import __version__
from roomreel.catalog.columns import COLUMNS
from roomreel.catalog.columns.facts import RecordingFacts, RoomFacts
from roomreel.catalog.columns.talk import TalkFacts
from roomreel.model.composition import Outcome, composition_sid
from roomreel.model.media import MediaFile
from roomreel.model.room import Manifest, Room
from roomreel.model.table import Row, Table, talk_sid
from roomreel.plan.talk_figures import ParticipantFigures, RoomFigures

_INT64 = 2**63 - 1

# A run that did not look does not forget what an earlier one saw.
_KEPT = {table: [one.name for one in COLUMNS[table] if one.is_kept] for table in Table}


@dataclass(frozen=True, slots=True)
class Stamp:
    """When rows are written, and by which flow run."""

    updated_at: datetime
    flow_run_id: str | None = None


def room_row(
    manifest: Manifest,
    media: Mapping[str, MediaFile],
    done: Iterable[str],
    end_time: datetime,
    stamp: Stamp,
    figures: RoomFigures | None = None,
) -> Row:
    """Return the row of a room; the arguments are those of `RoomFacts`."""
    return _row(Table.ROOMS, RoomFacts(manifest, media, done, end_time, figures), stamp)


def talk_row(room: Room, end_time: datetime, figures: ParticipantFigures, stamp: Stamp) -> Row:
    """Return the row about the talk of a participant.

    Args:
        end_time: when the room ended, by its row.
    """
    sid = talk_sid(room.sid, end_time, figures.participant_sid)
    return _row(Table.TALK, TalkFacts(sid, room, figures), stamp)


def recording_row(facts: RecordingFacts, stamp: Stamp) -> Row:
    """Return the row of a recording."""
    return _row(Table.RECORDINGS, facts, stamp)


def composition_row(outcome: Outcome, stamp: Stamp) -> Row:
    """Return the row of a composition.

    `width` and `height` are the template's; the file of an odd size is a line larger.
    `realtime_factor` is wall seconds of rendering per second of output: below 1 is faster.
    """
    return _row(Table.COMPOSITIONS, outcome, stamp)


def document_of(outcome: Outcome) -> Row:
    """Return what the row of a composition says, without what it says of the run that wrote it."""
    return _values(Table.COMPOSITIONS, outcome)


def nightly_sid(row: Row, end_time: datetime | None) -> str | None:
    """Return the sid that a night gives to the composition of a room by a template.

    Args:
        row: of a composition of that room by that template; None of one that does not name both.
        end_time: when the room ended, by its row.
    """
    room_sid, template, digest = (row[name] for name in ("room_sid", "template", "template_sha256"))
    if None in {room_sid, template, digest} or end_time is None:
        return None
    return composition_sid(room_sid, end_time, template, digest)


def nightly_template(row: Row, end_time: datetime | None) -> str | None:
    """Return the digest of the template of a composition that a night would make; else None.

    One that was asked for has a sid that its room and template do not give. It leaves the night's
    to be made, whatever becomes of it, and however equal the two are.

    Args:
        row: of the composition.
        end_time: when its room ended, by its row.
    """
    digest: str | None = row["template_sha256"]
    return digest if row["sid"] == nightly_sid(row, end_time) else None


def with_probe_results_of(row: Row, standing: Row) -> Row:
    """Return a recording's row with what it lacks of the standing row's, about the same bytes."""
    if row["size_bytes"] != standing["size_bytes"]:
        return row
    return with_kept(Table.RECORDINGS, row, standing) | {
        "warnings": row["warnings"] or standing["warnings"]
    }


def with_kept(table: Table, row: Row, standing: Row) -> Row:
    """Return a row with what the standing one has of columns that are kept, and it lacks."""
    return row | {column: standing[column] for column in _KEPT[table] if row[column] is None}


def stamped(sid: str, status: str, stamp: Stamp, values: Row) -> Row:
    """Return the row that a run writes, in values that columns can hold."""
    return _signed({"sid": sid, "status": str(status)} | _storable(values), stamp)


def _row(table: Table, subject: object, stamp: Stamp) -> Row:
    return _signed(_values(table, subject), stamp)


def _values(table: Table, subject: object) -> Row:
    """Return what the columns of a table have of a subject, in values that they can hold."""
    read = (column for column in COLUMNS[table] if column.read is not None)
    return {column.name: _storable(column.value_of(subject)) for column in read}


def _signed(values: Row, stamp: Stamp) -> Row:
    return values | {
        "updated_at": stamp.updated_at,
        "flow_run_id": stamp.flow_run_id,
        "engine_version": __version__,
    }


def _storable(value: Any) -> Any:
    """Return a value as a column can hold it.

    JSON may carry lone surrogates, which are no text, and claims beyond 64 bits: they become "?"
    and the nearest number, so that one odd manifest does not keep a night from being recorded.
    """
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case bool():
            return value
        case int():
            return max(-_INT64, min(value, _INT64))
        case dict():
            return {key: _storable(item) for key, item in value.items()}
        case list():
            return [_storable(item) for item in value]
        case _:
            return value
