"""Rooms are found by an index; without one, or with a wrong one, they are found all the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from roomreel.catalog import room_index
from roomreel.catalog.backends.local import LocalBackend
from roomreel.catalog.backends.port import Document
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.files import parquet
from roomreel.catalog.reader import Reader
from roomreel.catalog.schema.tables import tabled
from roomreel.catalog.store import Store
from roomreel.model.table import Partition, Row, Table

FIRST = date(2024, 1, 1)
NIGHT = datetime(2026, 11, 22, tzinfo=UTC)
DAYS = 30


def sid(number: int) -> str:
    return f"RM{number:032x}"


def row(number: int, **columns: Any) -> Row:
    return {"sid": sid(number), "status": "completed", "updated_at": NIGHT} | columns


def day(number: int) -> Partition:
    return Partition(Table.ROOMS, FIRST + timedelta(days=number))


@pytest.fixture
def archive(catalog: Catalog) -> Catalog:
    """A room a day."""
    for number in range(DAYS):
        catalog.commit(day(number), [row(number)])
    return catalog


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The days that are read of the rooms from now on."""
    days: list[date] = []
    scanned = Reader._scanned

    def seen(self: Reader, table: Table, where: Any, columns: Any, among: Any) -> Any:
        assert table is Table.ROOMS
        days.extend(self.days(table) if among is None else among)
        return scanned(self, table, where, columns, among)

    monkeypatch.setattr(Reader, "_scanned", seen)
    return days


def found(catalog: Catalog, *numbers: int) -> list[str]:
    return sorted(catalog.find(Table.ROOMS, [sid(number) for number in numbers]))


def test_only_the_days_of_rooms_are_read(archive: Catalog, read: list[date]) -> None:
    assert found(archive, 3, 17, DAYS + 1) == [sid(3), sid(17)]
    assert sorted(read) == [day(3).day, day(17).day]
    assert archive.lookup(sid(5)) is not None
    assert archive.lookup(sid(DAYS)) is None
    assert sorted(read) == [day(3).day, day(5).day, day(17).day]


def test_rooms_of_later_commits_to_a_day_are_found_there(
    archive: Catalog, read: list[date]
) -> None:
    archive.commit(day(3), [row(100), row(3, unique_name="again")])
    assert found(archive, 3, 100) == [sid(3), sid(100)]
    assert read == [day(3).day]


def _lose(folder: Path) -> None:
    for file in (folder / "journal" / "index").iterdir():
        file.unlink()


def _damage(folder: Path) -> None:
    for file in (folder / "journal" / "index").iterdir():
        file.write_bytes(file.read_bytes()[:-20])


def _write_by_an_older_engine(folder: Path) -> None:
    """Add a room to a day without a word to the index."""
    backend = LocalBackend(folder / "catalog", folder / "journal")
    standing = backend.load(day(3))
    assert standing is not None
    rows = tabled(Table.ROOMS, [row(3), row(200)])
    assert backend.replace(day(3), parquet.encode(rows), standing.version)


@pytest.mark.parametrize("harm", [_lose, _damage, _write_by_an_older_engine])
def test_an_index_that_is_not_right_costs_reads_and_no_row(
    archive: Catalog, tmp_path: Path, read: list[date], harm: Callable[[Path], None]
) -> None:
    harm(tmp_path)
    expected = [sid(2), sid(3), *([sid(200)] if harm is _write_by_an_older_engine else [])]
    assert found(archive, 2, 3, 200) == expected
    assert len(read) > 2
    # Once it is made again, no more is read than there is to find.
    assert archive.index_rooms() == (1 if harm is _write_by_an_older_engine else DAYS)
    assert archive.index_rooms() == 0
    read.clear()
    assert found(archive, 2, 3, 200) == expected
    assert sorted(read) == [day(2).day, day(3).day]


def test_a_kill_between_a_commit_and_its_entry_loses_nothing(
    archive: Catalog, tmp_path: Path, read: list[date]
) -> None:
    class Killed(BaseException):
        pass

    def step(name: str) -> None:
        if name == "part durable":
            raise Killed

    store = Store(LocalBackend(tmp_path / "catalog", tmp_path / "journal", step))
    with pytest.raises(Killed):
        store.commit(day(7), [row(300)])
    assert found(archive, 300) == [sid(300)]
    archive.recover()
    assert archive.index_rooms() == 1
    read.clear()
    assert found(archive, 300, 7) == [sid(7), sid(300)]
    assert read == [day(7).day]


def test_many_recent_rooms_are_folded_into_the_older_ones(
    catalog: Catalog, tmp_path: Path, read: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_index, "MOST_RECENT", 10)
    for number in range(DAYS):
        catalog.commit(day(number), [row(number)])
    backend = LocalBackend(tmp_path / "catalog", tmp_path / "journal")
    assert backend.read(Document.ROOMS) is not None
    assert found(catalog, 0, 15, DAYS - 1) == [sid(0), sid(15), sid(DAYS - 1)]
    assert len(read) == 3
    # A day that is among the older ones is changed.
    catalog.commit(day(0), [row(400)])
    read.clear()
    assert found(catalog, 0, 400) == [sid(0), sid(400)]
    assert read == [day(0).day]


def test_a_commit_writes_little_however_many_rooms_there_are(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        rows = [row(number * 10_000 + n) for n in range(10_000)]
        catalog.commit(day(number), rows)
    written: list[int] = []
    swap = LocalBackend.swap

    def counted(self: LocalBackend, document: Document, data: bytes, version: str | None) -> bool:
        written.append(len(data))
        return swap(self, document, data, version)

    monkeypatch.setattr(LocalBackend, "swap", counted)
    commits = 8
    for number in range(commits):
        catalog.commit(day(10 + number), [row(100_000 + number)])
    assert sum(written) < commits * 150_000
    assert found(catalog, 0, 49_999, 100_007) == [sid(0), sid(49_999), sid(100_007)]
