"""Rows for people: filtered, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from roomreel.catalog.reader import Reader
from roomreel.catalog.schema.tables import SCHEMAS
from roomreel.errors import ArgumentsInvalid
from roomreel.model.composition import beginning_of_sid
from roomreel.model.table import Table, day_of
from roomreel.model.time import EPOCH, refuse_reversed
from roomreel.text import no_such


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters of rows; None leaves a filter out.

    Attributes:
        room: sid or unique name of a room.
        since: rooms that ended at this instant or later, and their recordings; compositions by the
            instant in their sid, which is that end or, where one was asked for, its creation;
            attempts by their own end.
        until: rooms that ended before this instant; likewise.
        status: completed, failed or deleted.
        template: friendly name.
        limit: most rows; 0 or more.

    Raises:
        ArgumentsInvalid: `until` is not after `since`.
    """

    room: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: str | None = None
    template: str | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        refuse_reversed(self.since, self.until)


EVERYTHING = Filters()

# A filter matches where one of its columns has the value; a table that lacks one has no such rows.
_EQUAL: Mapping[Table, Mapping[str, tuple[str, ...]]] = {
    Table.ROOMS: {"room": ("sid", "unique_name"), "status": ("status",)},
    Table.RECORDINGS: {"room": ("room_sid", "room_name"), "status": ("status",)},
    Table.COMPOSITIONS: {
        "room": ("room_sid", "room_name"),
        "status": ("status",),
        "template": ("template",),
    },
    Table.ATTEMPTS: {
        "room": ("room_sid", "room_name"),
        "status": ("status",),
        "template": ("template",),
    },
    Table.TALK: {"room": ("room_sid", "room_name"), "status": ("status",)},
}

_NEWEST_BY: Mapping[Table, str] = {
    Table.ROOMS: "end_time",
    Table.RECORDINGS: "date_created",
    Table.COMPOSITIONS: "date_created",
    Table.ATTEMPTS: "time",
    Table.TALK: "sid",
}


def listed(reader: Reader, table: Table, filters: Filters) -> pa.Table:
    """Return rows of a table: latest day first, in a day the latest end or creation first, by sid.

    Attempts are in the order of their own time, whatever the day of their composition.

    Raises:
        ArgumentsInvalid: the table has no such column to filter by.
        NotFound: nothing has the name that a filter asks for.
        CatalogError: the table cannot be read.
    """
    where = _where(reader, table, filters)
    order: list[tuple[str, Literal["ascending", "descending"]]]
    order = [(_NEWEST_BY[table], "descending")]
    if _NEWEST_BY[table] != "sid":
        order.append(("sid", "ascending"))
    found: list[pa.Table] = [SCHEMAS[table].empty_table()]
    newest_first = _days(reader, table, filters)[::-1]
    at_once = [newest_first] if table is Table.ATTEMPTS else [[day] for day in newest_first]
    for days in at_once:
        left = None if filters.limit is None else filters.limit - sum(map(len, found))
        if left == 0:
            break
        found.append(reader.read(table, where, days=days).sort_by(order).slice(0, left))
    if not any(map(len, found)):
        _refuse_unknown(reader, table, filters)
    return pa.concat_tables(found)


def _refuse_unknown(reader: Reader, table: Table, filters: Filters) -> None:
    """Refuse a name that nothing has; of one that something has, there are no such rows."""
    for filtered, name in (("room", filters.room), ("template", filters.template)):
        if name is None:
            continue
        # A room may have no recordings, and still be there.
        of = Table.ROOMS if filtered == "room" else table
        columns = _EQUAL[of][filtered]
        known = reader.read(of, None, columns)
        names = {one for column in columns for one in known[column].to_pylist() if one}
        if name not in names:
            # The last column has what people call it.
            raise no_such(filtered, name, known[columns[-1]].to_pylist())


def _days(reader: Reader, table: Table, filters: Filters) -> list[date]:
    if table is Table.ATTEMPTS:
        return reader.days(table)  # of compositions, which may be tried long after
    first = day_of(filters.since) if filters.since else date.min
    last = day_of(filters.until) if filters.until else date.max
    return [day for day in reader.days(table) if first <= day <= last]


def _where(reader: Reader, table: Table, filters: Filters) -> pc.Expression:
    where = pc.scalar(True)
    for name in ("room", "status", "template"):
        value = getattr(filters, name)
        if value is None:
            continue
        if name not in _EQUAL[table]:
            raise ArgumentsInvalid(
                f"{table} cannot be filtered by {name}", f"list {Table.COMPOSITIONS} by it"
            )
        where &= _any([ds.field(column) == value for column in _EQUAL[table][name]])
    if filters.since is not None or filters.until is not None:
        where &= _ended(reader, table, filters)
    return where


def _any(conditions: list[pc.Expression]) -> pc.Expression:
    first, *others = conditions
    for condition in others:
        first |= condition
    return first


def _ended(reader: Reader, table: Table, filters: Filters) -> pc.Expression:
    """Return rows whose instant, mostly the end of their room, is in [since, until)."""
    if table is Table.RECORDINGS:
        # A recording's row knows the day its room ended, not the instant: the room's row does.
        rooms = reader.read(
            Table.ROOMS,
            _ended(reader, Table.ROOMS, filters),
            ["sid"],
            _days(reader, Table.ROOMS, filters),
        )
        return ds.field("room_sid").isin(rooms["sid"].combine_chunks())
    where = pc.scalar(True)
    if filters.since is not None:
        where &= ds.field(_END[table]) >= _bound(table, filters.since)
    if filters.until is not None:
        where &= ds.field(_END[table]) < _bound(table, filters.until)
    return where


# The sid of a composition, and of talk, begins with its instant, so that sids sort by it.
_END: Mapping[Table, str] = {
    Table.ROOMS: "end_time",
    Table.COMPOSITIONS: "sid",
    Table.ATTEMPTS: "time",
    Table.TALK: "sid",
}


def _bound(table: Table, instant: datetime) -> pa.Scalar[Any]:
    if _END[table] != "sid":
        return pa.scalar(instant.astimezone(UTC), pa.timestamp("us", "UTC"))
    # Sids begin there.
    beginning = beginning_of_sid(max(instant.astimezone(UTC), EPOCH))
    return pa.scalar(beginning.replace("CJ", "TK") if table is Table.TALK else beginning)
