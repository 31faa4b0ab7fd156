"""The projection: the catalogs' rows in the database, for lists and for what is fetched by sid.

It is a copy that may be thrown away. A refresh copies the partitions whose files changed since it
looked last, and of those the rows whose `rev` or `updated_at` did. A partition counts as copied
when all of it is, so a kill in between has it copied again. What another writer changed since the
rows were compared is left to the next look: no row is set back to what it was before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, delete, select, text, update

from roomreel.catalog.catalog import Catalog
from roomreel.errors import CatalogError, RoomreelError, StorageFailed
from roomreel.model.table import Partition, Row, Table, composition_day, day_of
from roomreel.service.database.connections import Database
from roomreel.service.database.first_looks import CATALOGS, note_looked_at
from roomreel.service.database.tables import MANIFESTS, PARTITIONS, RECORDINGS, ROOMS
from roomreel.service.database.upsert import insert_new
from roomreel.service.projection.copying import (
    FORMAT,
    TABLES,
    Copied,
    PartitionCopy,
    Settle,
    find_standing,
    write_alone,
    write_rows,
)
from roomreel.storage.port import Replaced

# What one look leaves (rows that others changed meanwhile, files replaced under it) the next gets.
_LOOKS = 3
# Rows after which figures of before are of another database.
_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Refreshed:
    """The result of a refresh.

    Attributes:
        written: rows.
        removed: rows.
        problems: why partitions could not be copied; what was there of them stays.
    """

    written: int = 0
    removed: int = 0
    problems: tuple[RoomreelError, ...] = ()


def refresh(
    database: Database,
    catalog: Catalog,
    *,
    settle: Settle = lambda _connection, _rows: None,
    go_on: Callable[[], bool] = lambda: True,
) -> Refreshed:
    """Copy what changed in the catalogs since the last time; safe to kill and to repeat.

    Args:
        settle: called with rows of compositions in the transaction that writes them.
        go_on: asked before each partition; False ends it there.

    Raises:
        StorageFailed: the catalogs cannot be listed, or there are none any more.
        ServiceDatabaseFailed: the database does not answer.
    """
    with database.write() as connection:
        # As of its beginning: what ends from now on is new, whichever look finds it.
        note_looked_at(connection, CATALOGS)
    copied = Copied()
    problems: dict[Partition, RoomreelError] = {}
    for _ in range(_LOOKS):
        changed = [one for one in _changed(database, catalog) if one[0] not in problems]
        for partition, before, version in changed:
            if not go_on():
                break
            copy = PartitionCopy(
                database, catalog.reader, partition, before, version, settle, copied
            )
            try:
                copy.make()
            except Replaced:
                continue
            except (CatalogError, StorageFailed) as error:
                problems[partition] = error
        if not changed:
            break
    if copied.written > _MANY and not database.is_sqlite:
        with database.write() as connection:
            # Its planner chooses indexes by figures of before, for minutes, where nobody asks.
            connection.execute(text("ANALYZE"))
    return Refreshed(copied.written, copied.removed, tuple(problems.values()))


def begin_again(database: Database) -> None:
    """Have the next refresh copy all partitions and all of their rows, as into a new database.

    Rows stay where they are until then, so no list is shorter meanwhile. What neither catalogs nor
    manifests tell of goes.
    """
    with write_alone(database) as connection:
        for table, of in TABLES.items():
            days = connection.execute(select(of.c.day).distinct().where(of.c.rev > 0)).scalars()
            for day in days.all():
                row = {"name": f"{table}/date={day}", "stamp": "", "hides": False}
                insert_new(connection, PARTITIONS, row)
        connection.execute(update(PARTITIONS).values(stamp=""))
        connection.execute(update(MANIFESTS).values(stamp=""))
        for of, room in ((ROOMS, ROOMS.c.sid), (RECORDINGS, RECORDINGS.c.room_sid)):
            told = select(MANIFESTS.c.key).where(MANIFESTS.c.room_sid == room).exists()
            connection.execute(delete(of).where(of.c.rev == 0, ~told))


def project_row(connection: Connection, table: Table, row: Row) -> None:
    """Copy one row that is in the catalogs by now, at once, within a transaction of the caller's.

    Args:
        row: as the catalog has it, `rev` included.
    """
    standing = find_standing(connection, TABLES[table], [row["sid"]]).get(row["sid"])
    day = _day_of(connection, table, row, standing and standing.day)
    if day is not None:
        write_rows(connection, Partition(table, day), [row])


def _day_of(connection: Connection, table: Table, row: Row, standing: str | None) -> date | None:
    """Return the day of the partition of a row; None where only a refresh can say."""
    match table:
        case Table.COMPOSITIONS:
            return composition_day(row["sid"])
        case Table.ROOMS if standing is None:
            return day_of(row["end_time"])
        case Table.RECORDINGS if standing is None:
            of_room = select(ROOMS.c.day).where(ROOMS.c.sid == row["room_sid"])
            standing = connection.execute(of_room).scalar()
    return date.fromisoformat(standing) if standing else None


def _changed(database: Database, catalog: Catalog) -> list[tuple[Partition, str, str | None]]:
    """Return the partitions to be copied, each with the stamp that it has and its version now."""
    with database.read() as connection:
        rows = connection.execute(select(PARTITIONS.c.name, PARTITIONS.c.stamp))
        known = {row.name: row.stamp for row in rows}
    # Before a recording is purged its room remembers that: who sees the one is to see the other.
    found = {table: catalog.store.parts(table) for table in reversed(list(TABLES))}
    if any(known.values()) and not any(found.values()):
        raise StorageFailed(
            "there is nothing in the catalogs any more that were copied from there",
            "is their disk mounted? If they are to be empty: roomreel service reindex",
        )
    there = {
        partition: file.version for parts in found.values() for partition, file in parts.items()
    }
    gone = {_partition(name) for name in known} - there.keys()
    order = list(TABLES)
    changed = [
        (partition, known.get(str(partition), ""), version)
        for partition, version in [*there.items(), *((partition, None) for partition in gone)]
        if version is None or _is_changed(known.get(str(partition), ""), version)
    ]
    return sorted(changed, key=lambda one: (order.index(one[0].table), one[0].day))


def _is_changed(stamp: str, version: str) -> bool:
    form, _, copied = stamp.partition("|")
    return copied != version or form.partition(".")[0] != str(FORMAT)


def _partition(name: str) -> Partition:
    table, _, folder = name.partition("/date=")
    return Partition(Table(table), date.fromisoformat(folder))
