"""Catalogs with rows that nobody rendered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from roomreel.catalog import deletion
from roomreel.catalog.catalog import Catalog
from roomreel.model.table import Partition, Row, Table
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import COMPOSITIONS, PARTITIONS, RECORDINGS, ROOMS
from roomreel.service.projection.projection import begin_again, refresh

DAY = date(2026, 11, 20)
NEXT = DAY + timedelta(days=1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def sid_of(prefix: str, *about: object) -> str:
    return f"{prefix}{hashlib.sha256(repr(about).encode()).hexdigest()[:32]}"


def composition_sid(number: int, day: date = DAY) -> str:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    return f"CJ{int(noon.timestamp() * 1000):012x}{number:020x}"


def composition(number: int = 1, day: date = DAY, **said: Any) -> Row:
    return {
        "sid": composition_sid(number, day),
        "status": "completed",
        "updated_at": NOON,
        "room_sid": sid_of("RM", number % 3, day),
        "room_name": f"call {number % 3}",
        "template": "grid",
        "template_json": '{"friendly_name":"grid"}',
        "date_created": NOON + timedelta(seconds=number),
        "date_completed": NOON + timedelta(seconds=number + 1),
        "duration_ms": 1000 * number,
        "size_bytes": 100 * number,
        "warnings": [{"code": "media-missing", "recording_sid": None, "message": "gone"}],
        "recordings": [{"recording_sid": sid_of("RT", number), "type": "video"}],
        "attempts": 1,
    } | said


def recording(number: int = 1, day: date = DAY, **said: Any) -> Row:
    return {
        "sid": sid_of("RT", number),
        "status": "completed",
        "updated_at": NOON,
        "room_sid": sid_of("RM", number % 3, day),
        "participant_sid": sid_of("PA", number % 4),
        "source_sid": sid_of("MT", number % 5),
        "type": ("audio", "video")[number % 2],
        "track_name": "camera",
        "date_created": NOON + timedelta(seconds=number),
    } | said


def room(number: int = 1, day: date = DAY, **said: Any) -> Row:
    return {
        "sid": sid_of("RM", number, day),
        "status": "completed",
        "updated_at": NOON,
        "unique_name": f"call {number}",
        "date_created": NOON - timedelta(hours=1) + timedelta(seconds=number),
        "end_time": datetime(day.year, day.month, day.day, 13, tzinfo=UTC),
    } | said


def commit(catalog: Catalog, table: Table, *rows: Row, day: date = DAY) -> None:
    catalog.commit(Partition(table, day), list(rows))


def contents(database: Database) -> Mapping[str, list[Any]]:
    """All of the projection but the stamps of files that do not count."""
    with database.read() as connection:
        found: dict[str, list[Any]] = {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(table.c.sid))
            ]
            for table in (COMPOSITIONS, RECORDINGS, ROOMS)
        }
        names = select(PARTITIONS.c.name, PARTITIONS.c.stamp).order_by(PARTITIONS.c.name)
        return found | {"partitions": [tuple(row) for row in connection.execute(names)]}


def second(number: int) -> datetime:
    return NOON + timedelta(seconds=number)


def rebuilt(database: Any, catalog: Catalog) -> Any:
    """The projection, made again."""
    begin_again(database)
    refresh(database, catalog)
    return contents(database)


MAKERS = [(composition, Table.COMPOSITIONS), (recording, Table.RECORDINGS), (room, Table.ROOMS)]


def purge(catalog: Catalog, deleted_by: datetime) -> None:
    for partition, rows in deletion.due_for_purge(catalog, deleted_by).items():
        deletion.purge(catalog, partition, rows, deleted_by, deleted_by)


def catalog_files(catalog: Catalog) -> Iterator[Path]:
    return Path(catalog.reader._root).glob("*/date=*/part.parquet")
