"""What every store keeps: the disk, S3, and the fake. One text for all three."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import pytest

from roomreel.errors import StorageFailed, StoreUnreachable
from roomreel.model.location import Location, ObjectLocation
from roomreel.storage import stores
from roomreel.storage.local import LocalStore
from roomreel.storage.location import SCHEMES
from roomreel.storage.memory import MemoryStore
from roomreel.storage.port import RemoteStore, Replaced, Store
from roomreel.storage.s3.store import S3Store
from roomreel.storage.s3.upload import PART_BYTES
from roomreel.storage.stores import MAKERS, store_of

IN_S3 = pytest.param("s3", marks=[pytest.mark.s3, pytest.mark.slow])


class World(NamedTuple):
    """A store, and a folder in it."""

    store: Store[Any]
    folder: Location


@pytest.fixture(params=["local", "memory", IN_S3])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    if request.param == "local":
        return World(LocalStore(), tmp_path / "store")
    return World(*remote(request))


@pytest.fixture(params=["memory", IN_S3])
def objects(request: pytest.FixtureRequest) -> tuple[RemoteStore, ObjectLocation]:
    return remote(request)


def remote(request: pytest.FixtureRequest) -> tuple[RemoteStore, ObjectLocation]:
    if request.param == "memory":
        return MemoryStore(), ObjectLocation("memory", "bucket", "store")
    return S3Store(), ObjectLocation("s3", request.getfixturevalue("bucket"), "store")


def names(found: Iterator[Any], folder: Location) -> set[str]:
    return {str(one.location).removeprefix(f"{folder}/") for one in found}


def test_nothing_is_there_at_first(world: World) -> None:
    store, folder = world
    assert store.stat(folder / "x") is None
    assert store.read(folder / "x") is None
    assert list(store.list(folder)) == []
    store.remove(folder / "x")
    assert store.clean_up(folder) == 0


def test_what_is_written_is_found_read_and_removed(world: World) -> None:
    store, folder = world
    location = folder / "a folder" / "größe + 1%20.txt"
    store.write(location, b"hello")
    found = store.stat(location)
    assert found is not None
    assert (found.location, found.size_bytes) == (location, 5)
    assert abs(datetime.now(UTC) - found.modified) < timedelta(minutes=5)
    content = store.read(location)
    assert content is not None
    assert (content.data, content.version) == (b"hello", found.version)
    first = store.read(location, 2)
    assert first is not None
    assert (first.data, first.version) == (b"he", found.version)
    store.remove(location)
    assert store.stat(location) is None
    assert list(store.list(folder)) == []


def test_a_file_may_be_empty(world: World) -> None:
    store, folder = world
    store.write(folder / "empty", b"")
    found, content = store.stat(folder / "empty"), store.read(folder / "empty", 4096)
    assert found is not None
    assert content is not None
    assert (found.size_bytes, content.data) == (0, b"")


def test_a_new_version_takes_the_place_of_the_old_one(world: World) -> None:
    store, folder = world
    store.write(folder / "x", b"one")
    before = store.stat(folder / "x")
    store.write(folder / "x", b"two")
    after = store.stat(folder / "x")
    assert before is not None
    assert after is not None
    assert before.version != after.version
    with pytest.raises(Replaced, match="it was replaced meanwhile"):
        store.read_range(folder / "x", 0, 3, before.version)
    assert store.read_range(folder / "x", 0, 3, after.version) == b"two"


def test_ranges_end_with_the_file(world: World) -> None:
    store, folder = world
    store.write(folder / "x", b"0123456789")
    found = store.stat(folder / "x")
    assert found is not None
    assert store.read_range(folder / "x", 3, 4, found.version) == b"3456"
    assert store.read_range(folder / "x", 8, 100, found.version) == b"89"
    store.remove(folder / "x")
    with pytest.raises(Replaced):
        store.read_range(folder / "x", 3, 4, found.version)


def test_all_below_a_folder_is_listed_once_and_nothing_else(world: World) -> None:
    store, folder = world
    for name in ("store/a", "store/b/c", "store/b/d/e", "store.txt", "store-2/x"):
        store.write(folder / name, name.encode())
    found = list(store.list(folder / "store"))
    assert len(found) == 3
    assert names(iter(found), folder) == {"store/a", "store/b/c", "store/b/d/e"}
    for one in found:
        assert store.stat(one.location).version == one.version
    assert names(store.list(folder / "store", levels=1), folder) == {"store/a"}
    assert names(store.list(folder / "store", levels=2), folder) == {"store/a", "store/b/c"}
    assert list(store.list(folder / "sto")) == []


def test_a_file_of_this_machine_is_moved(world: World, tmp_path: Path) -> None:
    store, folder = world
    for number in range(2):  # the second takes the place of the first
        data = secrets.token_bytes(100_000)
        source = tmp_path / f"source {number}"
        source.write_bytes(data)
        store.put_file(source, folder / "date=2026-11-20" / "CJ.mp4", {"x-amz-iv": "1"})
        assert not source.exists()
        content = store.read(folder / "date=2026-11-20" / "CJ.mp4")
        assert content is not None
        assert content.data == data
    assert names(store.list(folder), folder) == {"date=2026-11-20/CJ.mp4"}


@pytest.mark.parametrize("size", [0, 1, PART_BYTES, 2 * PART_BYTES + 12345])
def test_bytes_that_come_one_after_the_other_are_a_file_when_all_have_come(
    world: World, size: int
) -> None:
    store, folder = world
    data = random.Random(size).randbytes(size)
    with store.writer(folder / "a" / "x.mkv") as writer:
        for start in range(0, size, 1_000_003):
            writer.write(data[start : start + 1_000_003])
        assert store.stat(folder / "a" / "x.mkv") is None
    content = store.read(folder / "a" / "x.mkv")
    assert content is not None
    assert content.data == data
    assert names(store.list(folder), folder) == {"a/x.mkv"}


@pytest.mark.parametrize("size", [0, 5, PART_BYTES + 5])
def test_of_bytes_that_stop_coming_nothing_is_left(world: World, size: int) -> None:
    store, folder = world
    store.write(folder / "x", b"before")

    def stop() -> None:
        with store.writer(folder / "x") as writer:
            writer.write(bytes(size))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stop()
    content = store.read(folder / "x")
    assert content is not None
    assert content.data == b"before"
    assert store.clean_up(folder) == 0
    assert names(store.list(folder), folder) == {"x"}


def test_what_cannot_be_moved_leaves_what_was_there(world: World, tmp_path: Path) -> None:
    store, folder = world
    store.write(folder / "x", b"before")
    with pytest.raises(StorageFailed, match="it does not exist"):
        store.put_file(tmp_path / "no such file", folder / "x", {})
    content = store.read(folder / "x")
    assert content is not None
    assert content.data == b"before"
    assert names(store.list(folder), folder) == {"x"}


def test_metadata_stay_with_an_object(
    objects: tuple[RemoteStore, ObjectLocation], tmp_path: Path
) -> None:
    store, folder = objects
    (tmp_path / "source").write_bytes(b"media")
    store.put_file(tmp_path / "source", folder / "x", {"x-amz-iv": "1"})
    found = store.stat(folder / "x")
    assert found is not None
    assert dict(found.metadata) == {"x-amz-iv": "1"}


def test_conditional_writes_have_one_winner(
    objects: tuple[RemoteStore, ObjectLocation],
) -> None:
    store, folder = objects
    writes = store.conditional_writes(folder / "journal")
    first = writes.write(folder / "part", b"1", None)
    assert first is not None
    assert writes.write(folder / "part", b"2", None) is None
    second = writes.write(folder / "part", b"2", first)
    assert second is not None
    assert writes.write(folder / "part", b"3", first) is None
    content = store.read(folder / "part")
    assert content is not None
    assert (content.data, content.version) == (b"2", second)
    store.remove(folder / "part")
    assert writes.write(folder / "part", b"4", second) is None
    assert list(store.list(folder)) == []


def test_a_link_and_the_state_of_a_store_can_be_asked_for(
    objects: tuple[RemoteStore, ObjectLocation],
) -> None:
    store, folder = objects
    store.write(folder / "x", b"x")
    assert folder.bucket in store.link(folder / "x", 600, inline=True)
    disposition = 'inline; filename="a b.mp4"'
    link = store.link(folder / "x", 600, disposition=disposition, content_type="video/mp4")
    said = dict(parse_qsl(urlsplit(link).query)).values()
    assert {disposition, "video/mp4"} <= set(said)
    assert store.outage() is None
    assert store.old_versions(folder) is None
    assert all(isinstance(value, str) for value in store.environment().values())


def test_every_scheme_has_its_store() -> None:
    assert MAKERS.keys() == SCHEMES.keys()
    assert isinstance(store_of(Path("x")), LocalStore)
    assert isinstance(store_of(ObjectLocation("s3", "bucket", "x")), S3Store)


def test_a_disk_answers_always_and_its_files_need_no_link(tmp_path: Path) -> None:
    assert stores.outage(tmp_path) is None
    assert stores.old_versions(tmp_path) is None
    assert stores.link(tmp_path / "x", 600) == str(tmp_path / "x")
    stores.check_writable(tmp_path)
    stores.check_readable(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed):
        stores.check_writable(tmp_path / "file")


def test_a_store_that_was_used_is_asked_whether_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = MemoryStore()
    monkeypatch.setattr(silent, "outage", lambda _location: StoreUnreachable("it does not answer"))
    monkeypatch.setattr(stores, "MAKERS", {"memory": lambda: silent})
    monkeypatch.setattr(stores, "_used", {})
    assert stores.outage() is None
    assert store_of(ObjectLocation("memory", "bucket", "x")) is silent
    assert isinstance(stores.outage(), StoreUnreachable)
    assert isinstance(stores.outage(ObjectLocation("memory", "bucket", "x")), StoreUnreachable)
    assert stores.outage(Path("x")) is None
