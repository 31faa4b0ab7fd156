"""The sids that a filter matches now, newest first, and which of them cannot be deleted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select

from roomreel.model.composition import CompositionStatus
from roomreel.model.room import RecordingStatus, RoomStatus
from roomreel.service.database.connections import Database
from roomreel.service.database.paging import fetch_all
from roomreel.service.database.tables import RECORDINGS, ROOMS
from roomreel.service.lists.listing import (
    CompositionFilter,
    RecordingFilter,
    composition_statements,
    recording_conditions,
)
from roomreel.service.lists.stays import Stays

Found = list[tuple[str, Stays | None]]
"""Sids, each with the reason for which it stays; None of what can be deleted."""

_OF_ROOM = select(ROOMS.c.status).where(ROOMS.c.sid == RECORDINGS.c.room_sid).scalar_subquery()
_STATES = select(RECORDINGS.c.sid, RECORDINGS.c.status, RECORDINGS.c.rev, _OF_ROOM.label("of_room"))


def match_compositions(database: Database, wanted: CompositionFilter, most: int) -> Found:
    """Return at most so many compositions.

    Raises:
        ServiceDatabaseFailed: the database does not answer.
    """
    statements: list[Select[Any]] = [
        wanted.span.of(
            table,
            statement.with_only_columns(table.c.date_created, table.c.sid, table.c.status),
            most,
        )
        for table, statement in composition_statements(wanted)
    ]
    with database.read() as connection:
        rows = fetch_all(connection, statements)
    rows.sort(key=lambda row: (row.date_created, row.sid), reverse=True)
    stay = {CompositionStatus.DELETED: Stays.DELETED, CompositionStatus.FAILED: Stays.FAILED}
    return [(row.sid, stay.get(row.status)) for row in rows[:most]]


def match_recordings(database: Database, wanted: RecordingFilter, most: int) -> Found:
    """Return at most so many recordings; raises as `match_compositions`."""
    matching = _STATES.where(*recording_conditions(wanted))
    with database.read() as connection:
        rows = connection.execute(wanted.span.of(RECORDINGS, matching, most)).all()
    return [(row.sid, _why_stays(row) or (None if row.rev else Stays.NOT_RECORDED)) for row in rows]


def why_recordings_stay(database: Database, sids: Collection[str]) -> dict[str, Stays]:
    """Return which of some recordings cannot be deleted; raises as `match_compositions`.

    Whether they are in the catalogs those know.
    """
    with database.read() as connection:
        rows = connection.execute(_STATES.where(RECORDINGS.c.sid.in_(sids))).all()
    found = {row.sid: why for row in rows if (why := _why_stays(row))}
    return found | dict.fromkeys(set(sids) - {row.sid for row in rows}, Stays.GONE)


def _why_stays(row: Any) -> Stays | None:
    if row.status == RecordingStatus.DELETED:
        return Stays.DELETED
    if row.of_room == RoomStatus.IN_PROGRESS:
        return Stays.GOES_ON
    return None
