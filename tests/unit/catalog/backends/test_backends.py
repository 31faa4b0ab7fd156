"""What every side of the port keeps, and what only the local one has: files, locks, leftovers."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from roomreel.catalog.backends.local import LocalBackend
from roomreel.catalog.backends.objects import ObjectBackend
from roomreel.catalog.backends.port import Backend, Document
from roomreel.catalog.files.journal import new_entry_id
from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Partition, Table
from roomreel.storage.memory import MemoryStore
from roomreel.storage.s3.store import S3Store

ROOMS = Partition(Table.ROOMS, date(2026, 11, 20))
LEFT = ".roomreel-0123456789abcdef.part"
OTHER = Partition(Table.COMPOSITIONS, date(2026, 11, 21))
HOUR_S = 3600

IN_S3 = pytest.param("s3", marks=[pytest.mark.s3, pytest.mark.slow])


@pytest.fixture(params=["local", "memory", IN_S3])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "local":
        return LocalBackend(tmp_path / "catalog", tmp_path / "journal")
    bucket = request.getfixturevalue("bucket") if request.param == "s3" else "bucket"
    store = S3Store() if request.param == "s3" else MemoryStore()
    root = ObjectLocation(request.param, bucket, "store")
    store.write(root / "journal" / ROOMS.subfolder / "notes.json", b"{}")
    return ObjectBackend(root / "catalog", root / "journal", store)


def test_nothing_is_there_at_first(backend: Backend) -> None:
    assert (backend.pending(), backend.entries(ROOMS), backend.load(ROOMS)) == ([], [], None)
    assert backend.entry(ROOMS, new_entry_id()) is None
    assert backend.clean_up() == 0


def test_entries_are_listed_oldest_first_and_per_partition(backend: Backend) -> None:
    first, second, third = (new_entry_id() for _ in range(3))
    backend.append(ROOMS, second, b"2")
    backend.append(ROOMS, first, b"1")
    backend.append(OTHER, third, b"3")
    assert backend.entries(ROOMS) == sorted([first, second])
    assert backend.entry(ROOMS, second) == b"2"
    assert set(backend.pending()) == {ROOMS, OTHER}
    backend.remove(ROOMS, first)
    backend.remove(ROOMS, first)
    backend.remove(ROOMS, second)
    assert backend.pending() == [OTHER]


def test_a_partition_is_replaced_only_where_the_version_is_the_one_expected(
    backend: Backend,
) -> None:
    assert backend.replace(ROOMS, b"one", None)
    assert not backend.replace(ROOMS, b"two", None)
    first = backend.load(ROOMS)
    assert first is not None
    assert backend.replace(ROOMS, b"two", first.version)
    assert not backend.replace(ROOMS, b"three", first.version)
    second = backend.load(ROOMS)
    assert second is not None
    assert (second.data, second.version != first.version) == (b"two", True)


def test_a_replacement_gives_the_version_that_listings_and_reads_have(backend: Backend) -> None:
    one = backend.replace(ROOMS, b"one", None)
    backend.replace(OTHER, b"other", None)
    loaded = backend.load(ROOMS)
    assert loaded is not None
    assert one == loaded.version == backend.parts()[ROOMS].version
    assert backend.parts().keys() == {ROOMS, OTHER}
    assert backend.parts(Table.ROOMS).keys() == {ROOMS}
    assert abs(backend.parts()[ROOMS].modified - time.time()) < HOUR_S


@pytest.mark.parametrize("document", Document)
def test_a_document_is_swapped_only_where_the_version_is_the_one_expected(
    backend: Backend, document: Document
) -> None:
    assert backend.read(document) is None
    assert backend.swap(document, b"one", None)
    assert not backend.swap(document, b"two", None)
    found = backend.read(document)
    assert found is not None
    assert backend.swap(document, b"two", found.version)
    assert not backend.swap(document, b"three", found.version)
    found = backend.read(document)
    assert found is not None
    assert found.data == b"two"
    assert (backend.parts(), backend.pending()) == ({}, [])


def test_the_lock_lets_one_writer_in_at_a_time(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path / "catalog", tmp_path / "journal")
    order: list[str] = []

    def wait() -> None:
        with backend.exclusive(ROOMS):
            order.append("second")

    with backend.exclusive(ROOMS):
        thread = threading.Thread(target=wait)
        thread.start()
        with backend.exclusive(OTHER):
            thread.join(0.1)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def _fails_at(name: str, number: int) -> Callable[[str], None]:
    def step(reached: str) -> None:
        if reached == name:
            raise OSError(number, "made up")

    return step


@pytest.mark.parametrize("step", ["entry written", "entry synced"])
def test_a_full_disk_leaves_no_entry_and_no_leftover(tmp_path: Path, step: str) -> None:
    backend = LocalBackend(
        tmp_path / "catalog", tmp_path / "journal", _fails_at(step, errno.ENOSPC)
    )
    with pytest.raises(StorageFailed, match="make room"):
        backend.append(ROOMS, new_entry_id(), b"{}")
    assert backend.pending() == []
    assert not list(tmp_path.rglob("*.part"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file in its place")
    backend = LocalBackend(tmp_path / "catalog", tmp_path / "journal")
    with pytest.raises(StorageFailed, match=str(tmp_path / "journal")):
        backend.append(ROOMS, new_entry_id(), b"{}")


def test_only_what_dead_writers_left_is_swept(tmp_path: Path) -> None:
    catalog, journal = tmp_path / "catalog", tmp_path / "journal"
    swept_while_writing: list[int] = []
    other = LocalBackend(catalog, journal)
    backend = LocalBackend(catalog, journal, lambda _: swept_while_writing.append(other.clean_up()))
    for root in (catalog, journal):
        (root / ".staging").mkdir(parents=True)
        (root / ".staging" / LEFT).write_bytes(b"half")
    backend.append(ROOMS, new_entry_id(), b"{}")
    assert swept_while_writing == [2, 0, 0, 0]
    assert backend.pending() == [ROOMS]
    assert other.clean_up() == 0
    assert not list(tmp_path.rglob("*.part"))


def test_nothing_is_made_by_looking(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path / "catalog", tmp_path / "journal")
    backend.pending()
    backend.clean_up()
    backend.load(ROOMS)
    assert list(tmp_path.iterdir()) == []


def test_foreign_names_in_the_journal_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / "journal" / "rooms" / "date=2026-11-20"
    folder.mkdir(parents=True)
    (folder / "notes.json").write_text("{}")
    (tmp_path / "journal" / "rooms" / "date=2026-99-99").mkdir()
    backend = LocalBackend(tmp_path / "catalog", tmp_path / "journal")
    assert backend.pending() == []
