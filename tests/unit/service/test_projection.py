"""The projection: what a refresh leaves is what the catalogs have, whatever happened between."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from roomreel.catalog import deletion
from roomreel.catalog.catalog import Catalog
from roomreel.errors import CatalogError, StorageFailed
from roomreel.model.table import Partition, Row, Table
from roomreel.service.database.tables import COMPOSITIONS, PARTITIONS, RECORDINGS
from roomreel.service.database.upsert import put
from roomreel.service.lists.listing import fetch_composition, fetch_recording, fetch_room
from roomreel.service.projection import copying
from roomreel.service.projection.projection import Refreshed, project_row, refresh

sys.path.insert(0, str(Path(__file__).parent))
from archive import (
    DAY,
    MAKERS,
    NEXT,
    NOON,
    catalog_files,
    commit,
    composition,
    composition_sid,
    contents,
    purge,
    rebuilt,
    recording,
    room,
    sid_of,
)

LATER = NOON + timedelta(days=1)
MONTH = timedelta(days=30)


def test_a_row_is_fetched_as_the_catalog_has_it(database: Any, catalog: Catalog) -> None:
    made = composition(1, failure_message="half a pair \ud83d".encode("utf-8", "replace").decode())
    commit(catalog, Table.COMPOSITIONS, made)
    done = refresh(database, catalog)
    assert (done.written, done.removed, done.problems) == (1, 0, ())
    found = fetch_composition(database, made["sid"])
    assert found is not None
    standing = catalog.lookup(made["sid"])
    assert standing is not None
    assert found == {name: standing[name] for name in found}
    assert {"template_json", "warnings", "media_url", "encryption", "attempts"} <= found.keys()
    assert "recordings" not in found


def test_only_what_changed_is_read_and_written(
    database: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (DAY, NEXT):
        rows = [composition(number, day) for number in range(5)]
        commit(catalog, Table.COMPOSITIONS, *rows, day=day)
    assert refresh(database, catalog).written == 10
    opened: list[Partition] = []
    read = copying.PartRows.__init__

    def note(self: Any, reader: Any, partition: Partition) -> None:
        opened.append(partition)
        read(self, reader, partition)

    monkeypatch.setattr(copying.PartRows, "__init__", note)
    assert refresh(database, catalog).written == 0
    assert opened == []
    changed = composition(3, NEXT, updated_at=LATER, size_bytes=7)
    commit(catalog, Table.COMPOSITIONS, changed, day=NEXT)
    assert refresh(database, catalog).written == 1
    assert opened == [Partition(Table.COMPOSITIONS, NEXT)]
    found = fetch_composition(database, changed["sid"])
    assert found is not None
    assert (found["size_bytes"], found["rev"]) == (7, 2)


def test_what_is_purged_or_gone_is_removed(database: Any, catalog: Catalog) -> None:
    commit(catalog, Table.ROOMS, room(1))
    commit(catalog, Table.COMPOSITIONS, composition(1), composition(4))
    commit(catalog, Table.RECORDINGS, recording(1))
    refresh(database, catalog)
    deletion.delete(catalog, Table.COMPOSITIONS, [composition_sid(1)], NOON)
    refresh(database, catalog)
    found = fetch_composition(database, composition_sid(1))
    assert found is not None
    assert (found["status"], found["date_deleted"]) == ("deleted", NOON)
    purge(catalog, NOON + MONTH)
    assert refresh(database, catalog).removed == 1
    assert fetch_composition(database, composition_sid(1)) is None
    assert fetch_composition(database, composition_sid(4)) is not None


def test_a_purged_recording_is_blacked_out_of_compositions(database: Any, catalog: Catalog) -> None:
    gone = recording(1)
    about = [{"code": "media-missing", "recording_sid": gone["sid"], "message": gone["sid"]}]
    commit(catalog, Table.ROOMS, room(1))
    commit(catalog, Table.RECORDINGS, gone)
    commit(catalog, Table.COMPOSITIONS, composition(1, warnings=about))
    refresh(database, catalog)
    deletion.delete(catalog, Table.RECORDINGS, [gone["sid"]], NOON)
    purge(catalog, NOON + MONTH)
    refresh(database, catalog)
    assert gone["sid"] not in str(contents(database))
    assert deletion.FORGOTTEN in str(contents(database))


def test_a_partition_that_is_gone_takes_its_rows_along(database: Any, catalog: Catalog) -> None:
    for day in (DAY, NEXT):
        commit(catalog, Table.COMPOSITIONS, composition(1, day), day=day)
    refresh(database, catalog)
    for file in catalog_files(catalog):
        if str(NEXT) in str(file):
            file.unlink()
    assert refresh(database, catalog).removed == 1
    assert [row[0] for row in contents(database)["compositions"]] == [composition_sid(1)]
    assert len(contents(database)["partitions"]) == 1


def test_catalogs_that_are_gone_as_a_whole_are_taken_for_a_disk_that_is(
    database: Any, catalog: Catalog
) -> None:
    commit(catalog, Table.COMPOSITIONS, composition(1))
    refresh(database, catalog)
    for file in catalog_files(catalog):
        file.unlink()
    with pytest.raises(StorageFailed, match="mounted"):
        refresh(database, catalog)
    assert fetch_composition(database, composition_sid(1)) is not None
    assert rebuilt(database, catalog)["compositions"] == []


def test_a_damaged_file_keeps_what_was_copied_of_it_and_stops_no_other(
    database: Any, catalog: Catalog
) -> None:
    for day in (DAY, NEXT):
        commit(catalog, Table.COMPOSITIONS, composition(1, day), day=day)
    refresh(database, catalog)
    commit(catalog, Table.COMPOSITIONS, composition(2, NEXT), day=NEXT)
    (damaged,) = [file for file in catalog_files(catalog) if str(DAY) in str(file)]
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2])
    done = refresh(database, catalog)
    assert [type(problem) for problem in done.problems] == [CatalogError]
    assert str(DAY) in str(done.problems[0])
    assert done.written == 1
    assert fetch_composition(database, composition_sid(1)) is not None
    damaged.write_bytes(whole)
    assert refresh(database, catalog).problems == ()


def test_what_was_cancelled_has_failed_to_the_lists(database: Any, catalog: Catalog) -> None:
    commit(catalog, Table.COMPOSITIONS, composition(1, status="cancelled"))
    refresh(database, catalog)
    with database.read() as connection:
        assert connection.execute(select(COMPOSITIONS.c.status)).scalars().all() == ["failed"]
    found = fetch_composition(database, composition_sid(1))
    assert found is not None
    assert found["status"] == "cancelled"


def test_a_recording_without_a_date_has_that_of_its_room_in_any_order(
    database: Any, catalog: Catalog
) -> None:
    undated = recording(1, date_created=None)
    commit(catalog, Table.RECORDINGS, undated)
    refresh(database, catalog)
    commit(catalog, Table.ROOMS, room(1))
    refresh(database, catalog)
    with database.read() as connection:
        created = connection.execute(select(RECORDINGS.c.date_created)).scalar()
    assert created == room(1)["date_created"]
    found = fetch_recording(database, undated["sid"])
    assert found is not None
    assert found["date_created"] is None
    assert contents(database) == rebuilt(database, catalog)


@pytest.mark.parametrize("first", [DAY, NEXT])
def test_of_two_rows_of_one_sid_that_of_the_later_day_counts(
    database: Any, catalog: Catalog, first: date
) -> None:
    """In whatever order they come and go: a manifest may name a recording of another room."""
    days = [first, *({DAY, NEXT} - {first})]
    for day in days:
        commit(catalog, Table.RECORDINGS, recording(1, day), day=day)
        refresh(database, catalog)
    found = fetch_recording(database, recording(1)["sid"])
    assert found is not None
    assert found["room_sid"] == sid_of("RM", 1, NEXT)
    assert contents(database) == rebuilt(database, catalog)
    for file in catalog_files(catalog):
        if str(NEXT) in str(file):
            file.unlink()
    refresh(database, catalog)
    found = fetch_recording(database, recording(1)["sid"])
    assert found is not None
    assert found["room_sid"] == sid_of("RM", 1, DAY)


def test_a_room_is_found_by_a_name_of_any_length(database: Any, catalog: Catalog) -> None:
    names = ["call", "x" * 10_000, "x" * 9_999, "line\nbreak", "\U0001f600 " * 40, "%_"]
    rows = [room(number, unique_name=name) for number, name in enumerate(names)]
    commit(catalog, Table.ROOMS, *rows)
    refresh(database, catalog)
    for row in rows:
        found = fetch_room(database, row["unique_name"])
        assert found is not None
        assert (found["sid"], found["unique_name"]) == (row["sid"], row["unique_name"])
    assert fetch_room(database, "x" * 9_998) is None


def test_a_row_of_now_is_not_set_back_by_a_refresh_that_began_before(
    database: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run's row is copied at once, between the refresh's reading and its writing."""
    commit(catalog, Table.COMPOSITIONS, composition(1))
    refresh(database, catalog)
    commit(catalog, Table.COMPOSITIONS, composition(1, updated_at=LATER, size_bytes=2))
    rows = copying.PartRows.rows

    def overtake(self: Any, sids: Any, columns: Any) -> Iterator[list[Row]]:
        read = list(rows(self, sids, columns))
        monkeypatch.setattr(copying.PartRows, "rows", rows)
        newest = composition(1, updated_at=LATER + MONTH, size_bytes=3)
        commit(catalog, Table.COMPOSITIONS, newest)
        standing = catalog.lookup(composition_sid(1))
        assert standing is not None
        with database.write() as connection:
            project_row(connection, Table.COMPOSITIONS, standing)
        yield from read
        found = fetch_composition(database, composition_sid(1))
        assert found is not None
        assert (found["size_bytes"], found["rev"]) == (3, 3)

    monkeypatch.setattr(copying.PartRows, "rows", overtake)
    refresh(database, catalog)
    assert contents(database) == rebuilt(database, catalog)


def test_what_was_forgotten_does_not_come_back_by_a_refresh_that_began_before(
    database: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(catalog, Table.COMPOSITIONS, composition(1))
    refresh(database, catalog)
    commit(catalog, Table.COMPOSITIONS, composition(1, updated_at=LATER))
    rows = copying.PartRows.rows

    def overtake(self: Any, sids: Any, columns: Any) -> Iterator[list[Row]]:
        read = list(rows(self, sids, columns))
        with database.write() as connection:
            copying.remove_rows(connection, Table.COMPOSITIONS, [composition_sid(1)])
        yield from read
        assert fetch_composition(database, composition_sid(1)) is None

    monkeypatch.setattr(copying.PartRows, "rows", overtake)
    monkeypatch.setattr("roomreel.service.projection.projection._LOOKS", 1)
    refresh(database, catalog)
    assert fetch_composition(database, composition_sid(1)) is None
    # Here the catalog has it still, and the next look gets it.
    monkeypatch.setattr(copying.PartRows, "rows", rows)
    assert refresh(database, catalog).written == 1


def test_a_row_that_is_copied_at_once_is_as_a_refresh_leaves_it(
    database: Any, catalog: Catalog
) -> None:
    made = {
        Table.ROOMS: room(1),
        Table.RECORDINGS: recording(1),
        Table.COMPOSITIONS: composition(1),
    }
    for table, row in made.items():
        commit(catalog, table, row)
        standing = catalog.lookup(row["sid"])
        assert standing is not None
        with database.write() as connection:
            project_row(connection, table, standing)
    found = contents(database)
    assert refresh(database, catalog).written == 3  # a new partition is copied as a whole
    assert contents(database) == found | {"partitions": contents(database)["partitions"]}


def test_settling_is_in_the_transaction_that_has_the_row(database: Any, catalog: Catalog) -> None:
    commit(catalog, Table.COMPOSITIONS, composition(1))

    def fail(_connection: Any, rows: Any) -> None:
        assert [row["sid"] for row in rows] == [composition_sid(1)]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        refresh(database, catalog, settle=fail)
    assert fetch_composition(database, composition_sid(1)) is None
    settled: list[str] = []
    refresh(database, catalog, settle=lambda _, rows: settled.extend(r["sid"] for r in rows))
    assert settled == [composition_sid(1)]


def test_a_new_form_of_rows_has_all_of_them_copied(
    database: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(catalog, Table.COMPOSITIONS, composition(1), composition(2))
    refresh(database, catalog)
    monkeypatch.setattr(copying, "FORMAT", 2)
    monkeypatch.setattr("roomreel.service.projection.projection.FORMAT", 2)
    assert refresh(database, catalog).written == 2
    assert refresh(database, catalog).written == 0


def test_what_was_changed_in_the_database_is_set_right(database: Any, catalog: Catalog) -> None:
    commit(catalog, Table.COMPOSITIONS, composition(1), composition(2))
    refresh(database, catalog)
    right = contents(database)
    with database.write() as connection:
        connection.execute(update(COMPOSITIONS).values(row={}, status="lost"))
    with database.write() as connection:
        project_row(connection, Table.COMPOSITIONS, composition(3, NEXT) | {"rev": 1})
        project_row(connection, Table.COMPOSITIONS, composition(3) | {"rev": 1})
    assert rebuilt(database, catalog) == right


def test_a_look_at_a_long_archive_opens_no_file(
    database: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 000 days of three tables: what a look a second may cost is what listing them does."""
    for make, table in MAKERS:
        commit(catalog, table, make(1))
    for file in list(catalog_files(catalog)):
        for back in range(1, 1000):
            copy = file.parent.with_name(f"date={DAY - timedelta(days=back)}") / file.name
            copy.parent.mkdir()
            copy.hardlink_to(file)
    stamps = [
        {"name": str(partition), "stamp": f"{copying.FORMAT}.1|{part.version}", "hides": False}
        for table in copying.TABLES
        for partition, part in catalog.store.parts(table).items()
    ]
    assert len(stamps) == 3000
    with database.write() as connection:
        put(connection, PARTITIONS, stamps)
    monkeypatch.setattr(copying, "PartRows", None)
    assert refresh(database, catalog) == Refreshed()
