"""The sids that a filter matches and that can be deleted, newest first; how many others stay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

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
from roomreel.service.requests.requests import OPEN

_DELETED = RECORDINGS.c.status == RecordingStatus.DELETED
# By a subquery, not by a join: there are few rooms that go on.
_GOING_ON = select(ROOMS.c.sid).where(ROOMS.c.status == RoomStatus.IN_PROGRESS)
_GOES_ON = RECORDINGS.c.room_sid.in_(_GOING_ON)
# Not by rev: this has an index.
_NOT_RECORDED = RECORDINGS.c.day.is_(None)

_RECORDINGS_STAY = {
    Stays.DELETED: _DELETED,
    Stays.GOES_ON: and_(~_DELETED, _GOES_ON),
    Stays.NOT_RECORDED: and_(~_DELETED, ~_GOES_ON, _NOT_RECORDED),
}
_COMPOSITIONS_STAY = {
    Stays.DELETED: CompositionStatus.DELETED,
    Stays.FAILED: CompositionStatus.FAILED,
}
_COMPOSITIONS_GO = (*OPEN, CompositionStatus.COMPLETED)


@dataclass(frozen=True, slots=True)
class Matched:
    """Rows that a filter matches.

    Attributes:
        sids: what can be deleted, the newest first, as far as asked for.
        stay: how many cannot, by the reason.
        has_more: whether more can be deleted.
    """

    sids: Sequence[str]
    stay: Mapping[Stays, int]
    has_more: bool


def match_compositions(database: Database, wanted: CompositionFilter, most: int) -> Matched:
    """Return what a filter matches, and at most so many sids.

    Raises:
        ServiceDatabaseFailed: the database does not answer.
    """

    def of_status(status: str) -> list[Select[Any]]:
        if wanted.status not in {None, status}:
            return []
        return [
            wanted.span.of(
                table, one.with_only_columns(table.c.date_created, table.c.sid), most + 1
            )
            for table, one in composition_statements(replace(wanted, status=status))
        ]

    going = [one for status in _COMPOSITIONS_GO for one in of_status(status)]
    staying = {why: of_status(status) for why, status in _COMPOSITIONS_STAY.items()}
    with database.read() as connection:
        found = fetch_all(connection, going) if going else []
        stay = {why: _count(connection, some) for why, some in staying.items()}
    found.sort(key=lambda row: (row.date_created, row.sid), reverse=True)
    return _matched([row.sid for row in found], stay, most)


def match_recordings(database: Database, wanted: RecordingFilter, most: int) -> Matched:
    """Return what a filter matches; as `match_compositions`."""
    columns = RECORDINGS.c.date_created, RECORDINGS.c.sid
    matching = select(*columns).where(*recording_conditions(wanted))
    can_go = matching.where(~_DELETED, ~_GOES_ON, RECORDINGS.c.day.is_not(None))
    with database.read() as connection:
        rows = connection.execute(wanted.span.of(RECORDINGS, can_go, most + 1)).all()
        stay = {
            why: _count(connection, [wanted.span.of(RECORDINGS, matching.where(is_so))])
            for why, is_so in _RECORDINGS_STAY.items()
        }
    return _matched([row.sid for row in rows], stay, most)


def why_recordings_stay(database: Database, sids: Collection[str]) -> dict[str, Stays]:
    """Return which of some recordings cannot be deleted; raises as `match_compositions`.

    Whether they are in the catalogs those know.
    """
    these = select(RECORDINGS.c.sid, _DELETED.label("deleted"), _GOES_ON.label("goes_on"))
    with database.read() as connection:
        rows = connection.execute(these.where(RECORDINGS.c.sid.in_(sids))).all()
    stay = dict.fromkeys(set(sids) - {row.sid for row in rows}, Stays.GONE)
    stay |= {row.sid: Stays.GOES_ON for row in rows if row.goes_on}
    return stay | {row.sid: Stays.DELETED for row in rows if row.deleted}


def _count(connection: Connection, statements: Sequence[Select[Any]]) -> int:
    """Return how many rows statements have, whatever their order and limit."""
    return sum(
        connection.execute(
            select(func.count()).select_from(one.order_by(None).limit(None).subquery())
        ).scalar()
        or 0
        for one in statements
    )


def _matched(sids: Sequence[str], stay: Mapping[Stays, int], most: int) -> Matched:
    some = {why: count for why, count in stay.items() if count}
    return Matched(sids[:most], some, len(sids) > most)
