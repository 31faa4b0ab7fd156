from __future__ import annotations

import errno
import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from roomreel.catalog.backends.local import LocalBackend
from roomreel.catalog.backends.objects import ObjectBackend
from roomreel.catalog.backends.port import Backend
from roomreel.catalog.files import journal, parquet
from roomreel.catalog.store import Store
from roomreel.errors import CatalogError, StorageFailed
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Partition, Row, Table
from roomreel.storage.memory import MemoryStore

B = TypeVar("B", bound=ObjectBackend)
DAY = Partition(Table.COMPOSITIONS, date(2026, 11, 20))
T0 = datetime(2026, 11, 21, 1, tzinfo=UTC)


def row(sid: str, minute: int = 0, **columns: Any) -> Row:
    return {
        "sid": sid,
        "status": "completed",
        "updated_at": T0 + timedelta(minutes=minute),
    } | columns


def stored(backend: Backend, partition: Partition = DAY) -> list[Row]:
    snapshot = backend.load(partition)
    return parquet.decode(partition, snapshot.data if snapshot else None).to_pylist()


def in_memory(kind: type[B] = ObjectBackend) -> B:  # type: ignore[assignment]
    root = ObjectLocation("memory", "bucket", "store")
    return kind(root / "catalog", root / "journal", MemoryStore())


def brief(backend: Backend) -> list[tuple[str, str, int]]:
    return [(row["sid"], row["status"], row["rev"]) for row in stored(backend)]


def test_a_commit_is_seen_sorted_and_leaves_no_entry() -> None:
    backend = in_memory()
    assert Store(backend).commit(DAY, [row("CJ2"), row("CJ1")]).superseded == {}
    assert brief(backend) == [("CJ1", "completed", 1), ("CJ2", "completed", 1)]
    assert backend.pending() == []


def test_a_later_commit_raises_rev() -> None:
    backend = in_memory()
    store = Store(backend)
    store.commit(DAY, [row("CJ1")])
    assert store.commit(DAY, [row("CJ1", 1)]).superseded == {}
    assert brief(backend) == [("CJ1", "completed", 2)]


def test_an_outcome_that_was_deleted_meanwhile_is_lost() -> None:
    backend = in_memory()
    store = Store(backend)
    store.commit(DAY, [row("CJ1", status="deleted"), row("CJ2")])
    lost = store.commit(DAY, [row("CJ1", 9, attempts=5), row("CJ2", 9)]).superseded
    assert {sid: stands and stands["status"] for sid, stands in lost.items()} == {"CJ1": "deleted"}
    assert brief(backend) == [("CJ1", "deleted", 1), ("CJ2", "completed", 2)]


def test_an_outcome_that_is_older_than_what_stands_is_lost() -> None:
    store = Store(in_memory())
    store.commit(DAY, [row("CJ1", attempts=2)])
    stands = store.commit(DAY, [row("CJ1", 5, attempts=1)]).superseded["CJ1"]
    assert stands is not None
    assert stands["attempts"] == 2


def test_templates_done_of_others_do_not_make_a_room_lost() -> None:
    store = Store(in_memory())
    rooms = Partition(Table.ROOMS, DAY.day)
    store.commit(rooms, [row("RM1", templates_done=["a"])])
    assert store.commit(rooms, [row("RM1", 1, templates_done=["b"])]).superseded == {}


def test_one_commit_merges_what_others_left() -> None:
    backend = in_memory()
    for sid in ("CJ1", "CJ2"):
        backend.append(DAY, journal.new_entry_id(), journal.encode(DAY, [row(sid)]))
    Store(backend).commit(DAY, [row("CJ3")])
    assert [sid for sid, _, _ in brief(backend)] == ["CJ1", "CJ2", "CJ3"]
    assert backend.pending() == []


class Meddled(ObjectBackend):
    """Another writer commits just before the first replacement."""

    meddle: Row | None = None

    def replace(self, partition: Partition, data: bytes, version: str | None) -> bool:
        other, self.meddle = self.meddle, None
        if other is not None:
            Store(self).commit(partition, [other])
        return super().replace(partition, data, version)


def test_after_a_conflict_nothing_read_before_is_used() -> None:
    backend = in_memory(Meddled)
    backend.meddle = row("CJ1", 5, room_name="the other")
    lost = Store(backend).commit(DAY, [row("CJ1"), row("CJ2")]).superseded
    assert brief(backend) == [("CJ1", "completed", 1), ("CJ2", "completed", 1)]
    assert {sid: stands and stands["room_name"] for sid, stands in lost.items()} == {
        "CJ1": "the other"
    }


class Contested(ObjectBackend):
    def replace(self, *_: object) -> bool:
        return False


def test_endless_conflicts_end_with_a_clear_error_and_the_entry_kept() -> None:
    backend = in_memory(Contested)
    with pytest.raises(StorageFailed, match="waits in the journal"):
        Store(backend).commit(DAY, [row("CJ1")])
    assert backend.pending() == [DAY]


def test_writers_without_locks_lose_nothing() -> None:
    backend = in_memory()
    store = Store(backend)

    def write(writer: int) -> None:
        for number in range(10):
            store.commit(DAY, [row(f"CJ{writer}-{number}"), row("CJ", writer)])

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"CJ{writer}-{number}" for writer in range(4) for number in range(10)} | {"CJ"}
    sids = [row["sid"] for row in stored(backend)]
    assert sids == sorted(expected)
    assert backend.pending() == []


def test_a_row_that_does_not_fit_is_refused_before_it_is_journalled() -> None:
    backend = in_memory()
    with pytest.raises(CatalogError):
        Store(backend).commit(DAY, [row("CJ1", width="wide")])
    assert backend.pending() == []


def test_a_foreign_partition_is_left_alone_and_the_rows_wait() -> None:
    backend = in_memory()
    backend.replace(DAY, b"no parquet", None)
    with pytest.raises(CatalogError, match=r"part\.parquet"):
        Store(backend).commit(DAY, [row("CJ1")])
    snapshot = backend.load(DAY)
    assert snapshot is not None
    assert snapshot.data == b"no parquet"
    assert backend.pending() == [DAY]


def test_recovery_mends_what_it_can_and_tells_the_rest() -> None:
    backend = in_memory()
    broken = Partition(Table.ROOMS, DAY.day)
    backend.replace(broken, b"no parquet", None)
    with suppress(CatalogError):
        Store(backend).commit(broken, [row("RM1")])
    backend.append(DAY, journal.new_entry_id(), journal.encode(DAY, [row("CJ1")]))
    recovery = Store(backend).recover()
    assert (recovery.partitions, recovery.entries) == (1, 1)
    assert [problem.code for problem in recovery.problems] == ["catalog-invalid"]
    assert [sid for sid, _, _ in brief(backend)] == ["CJ1"]
    assert backend.pending() == [broken]


def test_a_disk_full_at_the_partition_keeps_the_entry(tmp_path: Path) -> None:
    roots = (tmp_path / "catalog", tmp_path / "journal")

    def step(name: str) -> None:
        if name == "part written":
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageFailed, match="the disk is full"):
        Store(LocalBackend(*roots, step)).commit(DAY, [row("CJ1")])
    backend = LocalBackend(*roots)
    assert (stored(backend), backend.pending()) == ([], [DAY])
    recovery = Store(backend).recover()
    assert (recovery.entries, recovery.files, recovery.problems) == (1, 0, ())
    assert brief(backend) == [("CJ1", "completed", 1)]


def test_a_commit_that_changes_nothing_replaces_nothing(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path / "catalog", tmp_path / "journal")
    store = Store(backend)
    store.commit(DAY, [row("CJ1")])
    before = backend.load(DAY)
    store.commit(DAY, [row("CJ1")])
    assert backend.load(DAY) == before
