"""The copying of one partition of the catalogs into the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import BigInteger, Connection, delete, select, text, type_coerce, update

from roomreel.catalog.part_rows import Mark, PartRows
from roomreel.catalog.reader import Reader
from roomreel.model.table import Partition, Row, Table, purged_digest
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import COMPOSITIONS, MANIFESTS, PARTITIONS, RECORDINGS, ROOMS
from roomreel.service.database.upsert import pieces, put
from roomreel.service.projection.records import KEPT, record_of

TABLES: Mapping[Table, sa.Table] = {
    Table.ROOMS: ROOMS,
    Table.RECORDINGS: RECORDINGS,
    Table.COMPOSITIONS: COMPOSITIONS,
}
"""The tables that are copied, in the order of copying: recordings take dates from their rooms."""

Settle = Callable[[Connection, Sequence[Row]], None]
"""Does what rows of compositions that are new here lead to, in the transaction that has them."""

SUMMED = ("duration_ms", "size_bytes", "render_s")
"""Columns of compositions whose sums are kept, by status."""

FORMAT = 1
"""Goes up when rows are kept otherwise than before: then all are copied again."""

# Rows a transaction: others write in between.
_AT_ONCE = 500
# Any number that no other program takes locks by; beside the one of the migrations.
_LOCK = 726_667_336


@dataclass(slots=True)
class Copied:
    """Counts of rows that were written and removed."""

    written: int = 0
    removed: int = 0


class Standing(NamedTuple):
    """The day and the mark of a row that the database has.

    Attributes:
        day: None of one that a manifest tells of.
    """

    day: str | None
    mark: Mark


@contextmanager
def write_alone(database: Database) -> Iterator[Connection]:
    """Yield a connection for changes that no two processes make at a time: copies and removals."""
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        yield connection


@dataclass(slots=True)
class PartitionCopy:
    """The copy of one partition, while it is made.

    Attributes:
        before: stamp of the copy that is there; "" where there is none.
        version: of the file now; None where it is gone.
        settle: of compositions.
        copied: counts on.
    """

    database: Database
    reader: Reader
    partition: Partition
    before: str
    version: str | None
    settle: Settle
    copied: Copied
    _known: dict[str, Mark] = field(default_factory=dict)
    _hides: bool = False
    _is_left: bool = False

    def make(self) -> None:
        """Copy what changed; what others change meanwhile is left for the next time.

        Raises:
            CatalogError, StorageFailed: the file cannot be read.
            ServiceDatabaseFailed: the database does not answer.
        """
        # Before the file is opened: whoever changes a row from now on has it from a newer one.
        self._known = self._marks()
        if self.version is None:
            self._remove(self._known)
            self._end("", None)
            return
        rows = PartRows(self.reader, self.partition)
        form = f"{FORMAT}.{rows.version}"
        is_whole = self.before.partition("|")[0] != form
        gone, changed = set(self._known), set[str]()
        for marks in rows.marks():
            gone -= marks.keys()
            known = self._known
            changed |= {sid for sid, mark in marks.items() if is_whole or known.get(sid) != mark}
        self._remove(gone)
        for some in rows.rows(changed, KEPT[self.partition.table]):
            self._write(some)
        stamp = f"{form}|{'' if self._is_left else self.version}"
        is_summed = self.partition.table is Table.COMPOSITIONS
        self._end(stamp, rows.sums("status", SUMMED) if is_summed else None)

    @property
    def _table(self) -> sa.Table:
        return TABLES[self.partition.table]

    @property
    def _day(self) -> str:
        return self.partition.day.isoformat()

    def _marks(self) -> dict[str, Mark]:
        table = self._table
        with self.database.read() as connection:
            found = connection.execute(
                select(table.c.sid, table.c.rev, _micros(table)).where(table.c.day == self._day)
            )
            return {sid: (rev, updated_at) for sid, rev, updated_at in found}

    def _write(self, rows: Sequence[Row]) -> None:
        by_sid = {row["sid"]: row for row in rows}
        with write_alone(self.database) as connection:
            standing = find_standing(connection, self._table, by_sid)
            taken = [row for sid, row in by_sid.items() if self._is_ours(sid, standing.get(sid))]
            others = {standing[row["sid"]].day for row in taken if row["sid"] in standing}
            self._mark_hiding(connection, others - {None, self._day})
            write_rows(connection, self.partition, taken)
            if self.partition.table is Table.COMPOSITIONS and taken:
                self.settle(connection, taken)
        self.copied.written += len(taken)

    def _is_ours(self, sid: str, at: Standing | None) -> bool:
        """Return whether the row of this partition is to be written; note why it is not."""
        if at is None or at.day is None:
            self._is_left |= sid in self._known
            return sid not in self._known
        if at.day == self._day:
            self._is_left |= self._known.get(sid) != at.mark
            return self._known.get(sid) == at.mark
        # A manifest can name a recording of another room: that of the later day counts.
        self._hides |= at.day > self._day
        return at.day < self._day

    def _mark_hiding(self, connection: Connection, days: Collection[str | None]) -> None:
        names = [f"{self.partition.table}/date={day}" for day in days]
        if names:
            hiding = update(PARTITIONS).where(PARTITIONS.c.name.in_(names))
            connection.execute(hiding.values(hides=True))

    def _remove(self, sids: Iterable[str]) -> None:
        for some in pieces(sorted(sids), _AT_ONCE):
            with write_alone(self.database) as connection:
                standing = find_standing(connection, self._table, some)
                gone = [
                    sid
                    for sid in some
                    if (at := standing.get(sid)) and at == Standing(self._day, self._known[sid])
                ]
                self._is_left |= any(
                    at.day == self._day for sid, at in standing.items() if sid not in gone
                )
                remove_rows(connection, self.partition.table, gone)
            self.copied.removed += len(gone)

    def _end(self, stamp: str, sums: Mapping[str, Mapping[str, float]] | None) -> None:
        name = str(self.partition)
        with write_alone(self.database) as connection:
            if stamp:
                copied = {"name": name, "stamp": stamp, "hides": self._hides, "sums": sums}
                put(connection, PARTITIONS, [copied])
            elif not self._is_left:
                connection.execute(delete(PARTITIONS).where(PARTITIONS.c.name == name))


def find_standing(
    connection: Connection, table: sa.Table, sids: Collection[str]
) -> dict[str, Standing]:
    """Return what the database has of rows, by sid, and keep others from changing them."""
    columns = (table.c.sid, table.c.day, table.c.rev, _micros(table))
    wanted = select(*columns).where(table.c.sid.in_(sids)).order_by(table.c.sid).with_for_update()
    return {
        sid: Standing(day, (rev, updated_at))
        for sid, day, rev, updated_at in connection.execute(wanted)
    }


def write_rows(connection: Connection, partition: Partition, rows: Sequence[Row]) -> None:
    """Write rows of a partition, each in place of the one of its sid."""
    table = partition.table
    dates = _dates_of_rooms(connection, rows) if table is Table.RECORDINGS else {}
    records = [record_of(table, row, partition.day, dates.get(row.get("room_sid"))) for row in rows]
    put(connection, TABLES[table], records)
    if table is Table.ROOMS and records:
        date_recordings(connection, {record["sid"]: record["date_created"] for record in records})
        _forget_purged(connection, rows)


def remove_rows(connection: Connection, table: Table, sids: Collection[str]) -> None:
    """Remove rows; what manifests tell of these rooms and recordings is read again."""
    if not sids:
        return
    of = TABLES[table]
    gone = of.c.sid.in_(sids)
    if table is not Table.COMPOSITIONS:
        rooms = select(of.c.sid if table is Table.ROOMS else of.c.room_sid).where(gone)
        again = update(MANIFESTS).where(MANIFESTS.c.room_sid.in_(rooms))
        connection.execute(again.values(stamp=""))
    connection.execute(delete(of).where(gone))
    # A row of the same sid may have been left out for one of these.
    left_out = PARTITIONS.c.name.like(f"{table}/%"), PARTITIONS.c.hides.is_(True)
    connection.execute(update(PARTITIONS).where(*left_out).values(stamp=""))


def date_recordings(connection: Connection, dates: Mapping[str, Any]) -> None:
    """Have recordings that are not dated count as created with their rooms.

    Args:
        dates: of rooms, by sid.
    """
    room, is_dated = RECORDINGS.c.room_sid, RECORDINGS.c.dated
    undated = select(room).distinct().where(room.in_(dates), is_dated.is_(False))
    for sid in connection.execute(undated).scalars().all():
        these = update(RECORDINGS).where(room == sid, is_dated.is_(False))
        connection.execute(these.values(date_created=dates[sid]))


def _dates_of_rooms(connection: Connection, rows: Sequence[Row]) -> dict[Any, Any]:
    sids = {row["room_sid"] for row in rows if row.get("date_created") is None}
    if not sids:
        return {}
    found = select(ROOMS.c.sid, ROOMS.c.date_created).where(ROOMS.c.sid.in_(sids))
    return {row.sid: row.date_created for row in connection.execute(found)}


def _forget_purged(connection: Connection, rooms: Sequence[Row]) -> None:
    """Remove recordings that only manifests tell of, and that were purged."""
    purged = {room["sid"]: set(room.get("recordings_purged") or ()) for room in rooms}
    some = [sid for sid, digests in purged.items() if digests]
    if not some:
        return
    told = select(RECORDINGS.c.sid, RECORDINGS.c.room_sid)
    told = told.where(RECORDINGS.c.room_sid.in_(some), RECORDINGS.c.rev == 0)
    gone = [sid for sid, room in connection.execute(told) if purged_digest(sid) in purged[room]]
    connection.execute(delete(RECORDINGS).where(RECORDINGS.c.sid.in_(gone)))


def _micros(table: sa.Table) -> Any:
    return type_coerce(table.c.updated_at, BigInteger)
