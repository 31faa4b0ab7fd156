"""Rooms, recordings and compositions: listed by filters, and fetched by sid.

Rows are those of the catalogs: their columns, as far as they are kept (`records`), with None for
what is not known. A composition that is enqueued or being processed is a row of its request: the
same columns, with `percentage_done` beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select, literal, null, or_, select, type_coerce

from roomreel.model.table import Row, Table
from roomreel.service.database.connections import Database
from roomreel.service.database.paging import LARGEST_PAGE, Page, Span, between, fetch_all, find_page
from roomreel.service.database.tables import COMPOSITIONS, RECORDINGS, REQUESTS, ROOMS, ROOMS_SEEN
from roomreel.service.projection.records import key_of, unpacked_text
from roomreel.service.requests.requests import OPEN
from roomreel.service.rooms.manifests import find_room_sid

USUAL_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """The filter that all lists have.

    Attributes:
        created_after: this instant, or later.
        created_before: before this one.
    """

    created_after: datetime | None = None
    created_before: datetime | None = None

    @property
    def span(self) -> Span:
        """Return the part of a list that it leaves."""
        return between(self.created_after, self.created_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositionFilter(Created):
    """The filter of compositions; None: any."""

    status: str | None = None
    room_sid: str | None = None
    sid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFilter(Created):
    """The filter of recordings; None: any.

    Attributes:
        grouping_sids: of rooms and participants, all of which it must be of.
        media_type: audio, video or data.
    """

    status: str | None = None
    source_sid: str | None = None
    grouping_sids: tuple[str, ...] = ()
    media_type: str | None = None
    sid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomFilter(Created):
    """The filter of rooms; None: any."""

    status: str | None = None
    unique_name: str | None = None
    sid: str | None = None


def list_compositions(
    database: Database,
    wanted: CompositionFilter = CompositionFilter(),
    size: int = USUAL_PAGE,
    token: str | None = None,
    largest: int = LARGEST_PAGE,
) -> Page:
    """Return a page of compositions, those that are asked for and not made yet among them.

    Raises:
        ArgumentsInvalid: size or token cannot be.
        ServiceDatabaseFailed: the database does not answer.
    """

    def statements(span: Span, limit: int) -> list[Select[Any]]:
        return [
            span.of(table, statement, limit) for table, statement in composition_statements(wanted)
        ]

    return find_page(database, statements, _composition, wanted.span, size, token, largest)


def list_recordings(
    database: Database,
    wanted: RecordingFilter = RecordingFilter(),
    size: int = USUAL_PAGE,
    token: str | None = None,
    largest: int = LARGEST_PAGE,
) -> Page:
    """Return a page of recordings, of all rooms or some; raises as `list_compositions`."""
    conditions = recording_conditions(wanted)
    return _list(database, Table.RECORDINGS, conditions, wanted, size, token, largest)


def list_rooms(
    database: Database,
    wanted: RoomFilter = RoomFilter(),
    size: int = USUAL_PAGE,
    token: str | None = None,
    largest: int = LARGEST_PAGE,
) -> Page:
    """Return a page of rooms; raises as `list_compositions`."""
    conditions = []
    if wanted.unique_name is not None:
        conditions.append(ROOMS.c.name_key == key_of(wanted.unique_name))
    if wanted.sid is not None:
        conditions.append(ROOMS.c.sid == wanted.sid)
    if wanted.status is not None:
        conditions.append(_of(ROOMS.c.status, wanted.status, has_index=not conditions))
    page = _list(database, Table.ROOMS, conditions, wanted, size, token, largest)
    return replace(page, rows=_with_receivers(database, page.rows))


def fetch_composition(database: Database, sid: str) -> Row | None:
    """Return a composition, or the request for it; None where there is neither.

    Raises:
        ServiceDatabaseFailed: the database does not answer.
    """
    statements = [one for _, one in composition_statements(CompositionFilter(sid=sid))]
    with database.read() as connection:
        found = fetch_all(connection, statements)
    return _composition(found[0]) if found else None


def fetch_recording(database: Database, sid: str) -> Row | None:
    """Return a recording; None where there is none. Raises as `fetch_composition`."""
    return _fetch(database, Table.RECORDINGS, sid)


def fetch_room(database: Database, room: str) -> Row | None:
    """Return a room; None where there is none. Raises as `fetch_composition`.

    Args:
        room: its sid or its unique name: see `find_manifest`.
    """
    with database.read() as connection:
        sid = find_room_sid(connection, room)
    found = None if sid is None else _fetch(database, Table.ROOMS, sid)
    return None if found is None else _with_receivers(database, [found])[0]


def _with_receivers(database: Database, rows: Sequence[Row]) -> list[Row]:
    """Return rows of rooms with the receivers of their events, which no catalog has."""
    names = ("status_callback", "status_callback_method")
    sids = [row["sid"] for row in rows]
    wanted = select(ROOMS_SEEN.c.sid, *(ROOMS_SEEN.c[name] for name in names))
    with database.read() as connection:
        found = connection.execute(wanted.where(ROOMS_SEEN.c.sid.in_(sids))).mappings()
        seen = {one["sid"]: dict(one) for one in found}
    unseen = dict.fromkeys(names)
    return [{**row, **seen.get(row["sid"], unseen)} for row in rows]


_TABLES = {Table.ROOMS: ROOMS, Table.RECORDINGS: RECORDINGS}


def _list(
    database: Database,
    table: Table,
    conditions: Sequence[ColumnElement[bool]],
    wanted: Created,
    size: int,
    token: str | None,
    largest: int,
) -> Page:
    of = _TABLES[table]
    statement = select(of.c.date_created, of.c.sid, _text(of.c.row)).where(*conditions)

    def statements(span: Span, limit: int) -> list[Select[Any]]:
        return [span.of(of, statement, limit)]

    def unpack(found: Any) -> Row:
        return unpacked_text(table, found.row)

    return find_page(database, statements, unpack, wanted.span, size, token, largest)


def _fetch(database: Database, table: Table, sid: str) -> Row | None:
    of = _TABLES[table]
    with database.read() as connection:
        text = connection.execute(select(_text(of.c.row)).where(of.c.sid == sid)).scalar()
    return None if text is None else unpacked_text(table, text)


def recording_conditions(wanted: RecordingFilter) -> list[ColumnElement[bool]]:
    """Return conditions of which the first ones choose the index: that of the fewest rows."""
    groups = {
        "PA": RECORDINGS.c.participant_sid,
        "RM": RECORDINGS.c.room_sid,
    }
    conditions: list[ColumnElement[bool]] = []
    if wanted.sid is not None:
        conditions.append(RECORDINGS.c.sid == wanted.sid)

    def add(column: sa.Column[Any], value: str | None, *, has_index: bool) -> None:
        if value is not None:
            conditions.append(_of(column, value, has_index=has_index))

    add(RECORDINGS.c.source_sid, wanted.source_sid, has_index=not conditions)
    for prefix, column in groups.items():
        for sid in wanted.grouping_sids:
            if sid.startswith(prefix):
                add(column, sid, has_index=not conditions)
    if any(not sid.startswith(tuple(groups)) for sid in wanted.grouping_sids):
        conditions.append(RECORDINGS.c.sid == "")  # nothing is of another kind of group
    is_few = bool(conditions)
    add(RECORDINGS.c.status, wanted.status, has_index=not is_few)
    add(RECORDINGS.c.type, wanted.media_type, has_index=not is_few)
    return conditions


def _of(column: sa.Column[Any], value: str, *, has_index: bool) -> ColumnElement[bool]:
    """Return the condition that a column has a value.

    Args:
        has_index: whether rows are found by it. Else it is written as what has no index: a planner
            that knows no figures of the table could choose the index of a status, in which half
            of all rows are, rather than that of a room.
    """
    return column == value if has_index else column.concat("") == value


def composition_statements(wanted: CompositionFilter) -> list[tuple[sa.Table, Select[Any]]]:
    """Return the statements of which the rows are compositions: of requests, and of the catalogs.

    A composition is a row of one of them. What was deleted stays so, whatever its request says.
    """
    states = OPEN if wanted.status is None else {wanted.status} & set(OPEN)
    statements = [(REQUESTS, _OPEN_REQUESTS.where(REQUESTS.c.status == one)) for one in states]
    if wanted.status not in OPEN:
        is_of = [] if wanted.status is None else [COMPOSITIONS.c.status == wanted.status]
        statements.append((COMPOSITIONS, _RECORDED.where(*is_of)))
    return [(table, _narrowed(table, one, wanted)) for table, one in statements]


_OF_REQUESTS = (
    "room_sid",
    "room_name",
    "template_name",
    "date_started",
    "attempts",
    "percentage_done",
    "run_id",
)
"""Columns that only requests have; what is in the catalogs has them in its row, or not at all."""


def _narrowed(table: sa.Table, statement: Select[Any], wanted: CompositionFilter) -> Select[Any]:
    if wanted.room_sid is not None:
        statement = statement.where(table.c.room_sid == wanted.room_sid)
    return statement if wanted.sid is None else statement.where(table.c.sid == wanted.sid)


def _text(column: sa.Column[Any]) -> Any:
    return type_coerce(column, sa.Text).label(column.name)


def _open_requests() -> Select[Any]:
    columns = REQUESTS.c
    is_deleted = _of(COMPOSITIONS.c.status, "deleted", has_index=False)
    deleted = select(literal(1)).where(COMPOSITIONS.c.sid == columns.sid, is_deleted)
    return select(
        columns.date_created,
        columns.sid,
        columns.status,
        type_coerce(columns.template, sa.Text).label("row"),
        *(columns[name] for name in _OF_REQUESTS),
    ).where(deleted.scalar_subquery().is_(None))


def _recorded_compositions() -> Select[Any]:
    columns = COMPOSITIONS.c
    is_open = REQUESTS.c.status.concat("").in_(OPEN)
    open_ = select(literal(1)).where(REQUESTS.c.sid == columns.sid, is_open)
    return select(
        columns.date_created,
        columns.sid,
        columns.status,
        _text(columns.row),
        *(sa.cast(null(), REQUESTS.c[name].type).label(name) for name in _OF_REQUESTS),
    ).where(or_(columns.status == "deleted", open_.scalar_subquery().is_(None)))


# Built once: it takes longer than to ask.
_OPEN_REQUESTS, _RECORDED = _open_requests(), _recorded_compositions()


def _composition(found: Any) -> Row:
    if found.status not in OPEN:
        return unpacked_text(Table.COMPOSITIONS, found.row)
    row = unpacked_text(Table.COMPOSITIONS, "{}")
    return row | {
        "sid": found.sid,
        "status": found.status,
        "room_sid": found.room_sid,
        "room_name": found.room_name,
        "template": found.template_name,
        "template_json": found.row,
        "date_created": found.date_created,
        "date_started": found.date_started,
        "attempts": found.attempts,
        "flow_run_id": found.run_id,
        "percentage_done": found.percentage_done,
    }
