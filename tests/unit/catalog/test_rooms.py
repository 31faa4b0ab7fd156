"""Rooms are found by when they began; nothing older is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.record import RoomRecord, record
from roomreel.catalog.rooms import find_rooms
from roomreel.errors import CatalogError
from roomreel.model.table import Partition, Table

NIGHT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def archive(catalog: Catalog, tmp_path: Path) -> Catalog:
    """Forty days before, none of which can be read any more."""
    for number in range(40):
        partition = Partition(Table.ROOMS, date(2026, 10, 1) + timedelta(days=number))
        catalog.commit(partition, [{"sid": f"RM-{number}", "updated_at": NIGHT}])
        (tmp_path / "catalog" / partition.subfolder / "part.parquet").write_bytes(b"not ours")
    return catalog


def test_a_room_is_recorded_and_found_beside_an_archive(
    archive: Catalog, room_record: Callable[..., RoomRecord]
) -> None:
    item = room_record()
    assert find_rooms(archive, [item.manifest.room]) == {}
    assert record(archive, [item], [], None).problems == ()
    assert set(find_rooms(archive, [item.manifest.room])) == {item.manifest.room.sid}


def test_an_end_that_moved_is_found_where_it_was_first(
    archive: Catalog, room_record: Callable[..., RoomRecord]
) -> None:
    item = room_record()
    record(archive, [item], [], None)
    room = item.manifest.room
    later = replace(room, end_time=room.end_time + timedelta(days=5))
    assert find_rooms(archive, [later])[room.sid]["end_time"] == room.end_time


def test_where_nothing_says_when_a_room_began_every_day_is_looked_at(
    archive: Catalog, room_record: Callable[..., RoomRecord]
) -> None:
    room = room_record(date_created=None).manifest.room
    with pytest.raises(CatalogError, match="rooms"):
        find_rooms(archive, [room])
    begun = replace(room.recordings[0], date_created=datetime(2026, 11, 20, 9, tzinfo=UTC))
    assert find_rooms(archive, [replace(room, recordings=(begun,))]) == {}
    assert find_rooms(archive, []) == {}
