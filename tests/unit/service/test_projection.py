"""The projection: what a refresh leaves is what the catalogs have, whatever happened between."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from roomreel.catalog import deletion
from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.errors import CatalogError, StorageFailed
from roomreel.model.table import Partition, Row, Table
from roomreel.service import copying
from roomreel.service.database import open_database
from roomreel.service.duty import Duty
from roomreel.service.listing import fetch_composition, fetch_recording, fetch_room
from roomreel.service.projection import Refreshed, begin_again, project_row, refresh
from roomreel.service.settle import settle, settle_requests
from roomreel.service.tables import COMPOSITIONS, LEASES, PARTITIONS, RECORDINGS
from roomreel.service.upsert import put
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from archive import (
    DAY,
    NOON,
    commit,
    composition,
    composition_sid,
    contents,
    recording,
    room,
    sid_of,
)

LATER = NOON + timedelta(days=1)
NEXT = DAY + timedelta(days=1)
MONTH = timedelta(days=30)
# On a quiet machine it is 0.1 s.
LOOK_S = 0.5


@pytest.fixture
def catalog(settings: Settings) -> Catalog:
    return open_catalog(settings)


def rebuilt(database: Any, catalog: Catalog) -> Any:
    """The projection, made again."""
    begin_again(database)
    refresh(database, catalog)
    return contents(database)


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


def purge(catalog: Catalog, deleted_by: datetime) -> None:
    for partition, rows in deletion.due_for_purge(catalog, deleted_by).items():
        deletion.purge(catalog, partition, rows, deleted_by, deleted_by)


def catalog_files(catalog: Catalog) -> Iterator[Path]:
    return Path(catalog.reader._root).glob("*/date=*/part.parquet")


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
    monkeypatch.setattr("roomreel.service.projection._LOOKS", 1)
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
    monkeypatch.setattr("roomreel.service.projection.FORMAT", 2)
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


def test_a_look_at_a_long_archive_opens_no_file_and_takes_no_time(
    database: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 000 days of three tables: a look a second costs a few hundredths of one."""
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
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        assert refresh(database, catalog) == Refreshed()
        took.append(time.perf_counter() - begun)
    assert min(took) < LOOK_S


# Histories.


def history(seed: int) -> Iterator[Callable[[Catalog], None]]:
    """Yield changes of catalogs: commits, deletes, purges, losses and rebuilds."""
    chance = random.Random(seed)
    clock = NOON

    def change(catalog: Catalog) -> None:
        nonlocal clock
        clock += timedelta(hours=1)
        day = chance.choice([DAY, NEXT])
        numbers = chance.sample(range(8), 3)
        match chance.randrange(8):
            case 0 | 1 | 2:
                make, table = chance.choice(MAKERS)
                dated = {} if chance.random() < 0.7 else {"date_created": None}
                rows = [make(number, day, updated_at=clock, **dated) for number in numbers]
                commit(catalog, table, *rows, day=day)
            case 3 | 4:
                table = chance.choice([Table.COMPOSITIONS, Table.RECORDINGS])
                make = dict(zip([t for _, t in MAKERS], [m for m, _ in MAKERS], strict=True))
                sids = [make[table](number, day)["sid"] for number in numbers]
                deletion.delete(catalog, table, sids, clock)
            case 5:
                purge(catalog, clock)
            case 6:  # an operator's restore, or a folder that was moved away
                file = next(catalog_files(catalog), None)
                if file is not None and len(list(catalog_files(catalog))) > 2:
                    file.unlink()
            case 7:  # a rebuild: other rows of the same revision
                partition = Partition(Table.COMPOSITIONS, day)
                catalog.store.rewrite(partition, lambda rows: rows.slice(0, 0))
                made = [composition(n, day, updated_at=clock, size_bytes=1) for n in numbers]
                catalog.commit(partition, made)

    while True:
        yield change


MAKERS = [(composition, Table.COMPOSITIONS), (recording, Table.RECORDINGS), (room, Table.ROOMS)]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happened_a_refresh_leaves_what_a_new_database_gets(
    database: Any, catalog: Catalog, seed: int
) -> None:
    chance = random.Random(seed)
    changes = history(seed)
    for _ in range(15):
        for _ in range(chance.randrange(1, 3)):
            next(changes)(catalog)
        assert refresh(database, catalog).problems == ()
        refreshed = contents(database)
    assert refreshed == rebuilt(database, catalog)
    for table in TABLES_OF_ROWS:
        expected = {row["sid"] for row in catalog.read(table, columns=["sid"]).to_pylist()}
        assert {row[0] for row in refreshed[str(table)]} == expected


TABLES_OF_ROWS = (Table.ROOMS, Table.RECORDINGS, Table.COMPOSITIONS)


class Killed(BaseException):
    """Ends a refresh, as a kill would."""


@contextmanager
def killed_at(database: Any, step: int) -> Iterator[list[int]]:
    """Have the statement of this number fail, and count them."""
    seen = [0]

    def count(*_: Any) -> None:
        seen[0] += 1
        if seen[0] == step:
            raise Killed

    event.listen(database.engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", count)


def test_a_refresh_that_is_killed_anywhere_is_made_good_by_the_next(
    database: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomreel.catalog.part_rows._AT_ONCE", 2)
    clock, step = NOON, 0
    while True:
        step += 1
        clock += timedelta(hours=1)
        commit(catalog, Table.ROOMS, room(1, updated_at=clock))
        some = [composition(number, updated_at=clock) for number in range(5)]
        commit(catalog, Table.COMPOSITIONS, *some)
        gone = [composition(1, NEXT, updated_at=clock)]
        commit(catalog, Table.COMPOSITIONS, *gone, day=NEXT)
        with killed_at(database, step) as seen:
            try:
                refresh(database, catalog)
            except Killed:
                assert seen == [step]
            else:
                break
        refresh(database, catalog)
        assert [row[2] for row in contents(database)["compositions"]] == [step] * 6
    assert step > 20


def test_two_who_refresh_at_once_come_to_the_same(
    settings: Settings, database: Any, catalog: Catalog
) -> None:
    other = open_database(settings)
    clock = NOON
    stop = threading.Event()

    def go_on(of: Any) -> None:
        mine = open_catalog(settings)
        while not stop.is_set():
            refresh(of, mine)

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(go_on, one) for one in (database, other)]
        try:
            for _ in range(15):
                clock += timedelta(hours=1)
                some = [composition(number, updated_at=clock) for number in range(20)]
                commit(catalog, Table.COMPOSITIONS, *some)
        finally:
            stop.set()
        for one in running:
            one.result()
    refresh(database, catalog)
    found = contents(database)
    assert {row[2] for row in found["compositions"]} == {15}
    assert found == rebuilt(database, catalog)
    other.close()


def test_runs_that_settle_and_a_refresh_never_wait_for_each_other_in_a_circle(
    settings: Settings, database: Any, catalog: Catalog
) -> None:
    numbers = range(40)
    clock = NOON
    stop = threading.Event()

    def go_on() -> None:
        mine = open_catalog(settings)
        while not stop.is_set():
            refresh(database, mine, settle=settle_requests)
            begin_again(database)

    def settle_some(seed: int) -> None:
        chance = random.Random(seed)
        while not stop.is_set():
            sids = [composition_sid(number) for number in chance.sample(numbers, 20)]
            rows = list(catalog.find(Table.COMPOSITIONS, sids, [DAY]).values())
            chance.shuffle(rows)
            with database.write() as connection:
                settle(connection, rows)

    commit(catalog, Table.COMPOSITIONS, *map(composition, numbers))
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(go_on), pool.submit(settle_some, 1), pool.submit(settle_some, 2)]
        try:
            for _ in range(10):
                clock += timedelta(hours=1)
                some = [composition(number, updated_at=clock) for number in numbers]
                commit(catalog, Table.COMPOSITIONS, *some)
                time.sleep(0.2)
        finally:
            stop.set()
        for one in running:
            one.result()
    refresh(database, catalog)
    assert contents(database) == rebuilt(database, catalog)


def test_lists_are_whole_while_all_is_made_again(database: Any, catalog: Catalog) -> None:
    some = [composition(number) for number in range(1200)]
    commit(catalog, Table.COMPOSITIONS, *some)
    refresh(database, catalog)
    begin_again(database)
    counts: set[int] = set()

    def count(_connection: Any, _rows: Any) -> None:
        with database.read() as connection:
            counts.add(connection.execute(select(func.count()).select_from(COMPOSITIONS)).scalar())

    assert refresh(database, catalog, settle=count).written == 1200
    assert counts == {1200}


def test_a_duty_asks_the_database_now_and_then(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = Duty(database, "refresh", "one"), Duty(database, "refresh", "two")
    assert one.take()
    assert not two.take()
    with killed_at(database, 1):
        assert one.take()
    monkeypatch.setattr("roomreel.service.duty._RENEWED_S", 0)
    with database.write() as connection:
        connection.execute(update(LEASES).values(holder="two"))
    assert two.take()
    assert not one.take()
