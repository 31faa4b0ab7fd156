"""Recordings in S3: copied once into a cache, or read in place; in bounded memory both."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import damage
import pytest
import users
from faulty import Fault, Faulty

from roomreel.errors import StorageFailed
from roomreel.model.media import Stored
from roomreel.storage import Cache, at_hand, cache, pinned, s3, stat
from roomreel.storage.cache import copies, evict, key_of
from roomreel.storage.location import parse
from roomreel.storage.stream import open_pinned

pytestmark = [pytest.mark.s3, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["roomreel.storage.download"], "BLOCK_BYTES", 1000)


def stored(bucket: str, name: str, size: int = 10_500) -> tuple[Stored, bytes]:
    data = secrets.token_bytes(size)
    s3.write(f"s3://{bucket}/{name}", data)
    found = stat(parse(f"s3://{bucket}/{name}"))
    assert found is not None
    return found, data


def names(folder: Path) -> set[str]:
    return {path.suffix for path in folder.iterdir()} - {"", ".sha256"}


def test_an_object_is_copied_once_for_all(bucket: str, tmp_path: Path, proxy: Faulty) -> None:
    one, data = stored(bucket, "one.mkv")
    place = Cache(tmp_path / "cache", 100_000)
    asked = Fault("cut-answer", "GET", "one.mkv", times=0)
    proxy.faults.append(asked)

    all_of_them = threading.Barrier(8)

    def read(_number: int) -> bytes:
        with at_hand({"RT1": one}, place, streamed=False) as paths:
            all_of_them.wait(30)  # nobody waits for another to be done with it
            return Path(paths["RT1"]).read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(8))) == {data}
    proxy.faults[0].times = None  # from here on nothing could be copied
    with at_hand({"RT1": one}, place, streamed=False) as paths:
        assert Path(paths["RT1"]).read_bytes() == data
    assert len(list((tmp_path / "cache").glob("*.media"))) == 1


def test_a_new_version_is_another_copy(bucket: str, tmp_path: Path) -> None:
    place = Cache(tmp_path, 100_000)
    old, _ = stored(bucket, "one.mkv")
    new, data = stored(bucket, "one.mkv")
    with place.hold(new) as path:
        assert path.read_bytes() == data
    with pytest.raises(StorageFailed, match="was replaced or removed"), place.hold(old):
        pass
    assert names(tmp_path) == {".media"}


def test_what_is_used_is_kept_and_the_oldest_goes_first(bucket: str, tmp_path: Path) -> None:
    place = Cache(tmp_path, 32_000)
    (one, _), (two, _), (three, _), (four, _) = (stored(bucket, f"{n}.mkv") for n in range(4))
    with place.hold(two) as second:
        pass
    os.utime(second, (1, 1))
    with place.hold(one) as first, place.hold(three) as third:
        os.utime(first, (0, 0))
        with place.hold(four):
            assert first.exists()
            assert third.exists()
            assert not second.exists()
            with pytest.raises(StorageFailed, match="of the 32000 bytes of the cache") as caught:
                place.hold(two).__enter__()
            assert 'inputs = "stream"' in caught.value.remedy
    assert names(tmp_path) == {".media"}


def test_a_full_disk_is_told_before_anything_is_copied(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = stored(bucket, "one.mkv")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=10_000))
    with pytest.raises(StorageFailed, match="the disk has 10000 bytes free"):
        Cache(tmp_path, 100_000).hold(one).__enter__()
    assert names(tmp_path) == set()


def test_what_a_killed_copy_left_is_made_anew(bucket: str, tmp_path: Path) -> None:
    one, data = stored(bucket, "one.mkv")
    place = Cache(tmp_path, 100_000)
    with place.hold(one) as path:
        pass
    path.unlink()
    path.with_suffix(".part").write_bytes(b"half" * 10_000)
    with place.hold(one) as path:
        assert path.read_bytes() == data
    assert names(tmp_path) == {".media"}


@pytest.mark.parametrize("kind", damage.DAMAGES)
@pytest.mark.parametrize("suffix", [".media", ".sha256", ".part", ".lock"])
def test_a_damaged_copy_is_made_again(bucket: str, suffix: str, kind: str) -> None:
    one, data = stored(bucket, "one.mkv")

    def damage_one() -> None:
        place = Cache(folder / "cache", 100_000)
        with place.hold(one) as path:
            assert path.read_bytes() == data
        target = folder / "cache" / ".lock" if suffix == ".lock" else path.with_suffix(suffix)
        if not target.exists() or suffix == ".lock":
            target.write_bytes(b"left")
        damage.DAMAGES[kind](target)
        another_process()
        with place.hold(one) as path:
            assert path.read_bytes() == data
        assert [entry.path for entry in copies(place.folder) if evict(entry.path)]
        assert {path.name for path in place.folder.iterdir()} <= {".lock"}

    def another_process() -> None:
        cache._checked.clear()

    with users.open_folder() as folder:
        users.run_as(users.NOBODY, damage_one)


def test_a_copy_is_on_the_disk_before_it_has_its_name(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a loss of power leaves a file of zeros: its space is taken before it is written."""
    one, _ = stored(bucket, "one.mkv")
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def synced(number: int) -> None:
        done.append(str(Path(f"/proc/self/fd/{number}").readlink()))
        fsync(number)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", lambda *paths: (done.append("renamed"), rename(*paths))[1])
    with Cache(tmp_path, 100_000).hold(one) as path:
        part = str(path.with_suffix(".part"))
    assert part in done[: done.index("renamed")]


def test_what_nobody_holds_goes_with_its_digest(bucket: str, tmp_path: Path) -> None:
    place = Cache(tmp_path, 100_000)
    for name in ("one.mkv", "two.mkv", "one.mkv"):
        found, _ = stored(bucket, name)
        with place.hold(found) as path:
            pass
    of_one = [e.path for e in copies(tmp_path) if e.path.name.startswith(key_of(found.location))]
    assert len(of_one) == 2  # versions
    with place.hold(found):
        assert [evict(each) for each in of_one].count(True) == 1
        assert path.exists()
    assert [evict(each) for each in of_one].count(True) == 1
    assert [len(list(tmp_path.glob(f"*.{kind}"))) for kind in ("media", "sha256")] == [1, 1]


@pytest.mark.parametrize(
    "fault", [Fault("spoil-answer", part="one.mkv"), Fault("cut-answer", part="one.mkv", times=3)]
)
def test_what_breaks_on_the_way_is_copied_again(
    bucket: str, tmp_path: Path, proxy: Faulty, fault: Fault
) -> None:
    one, data = stored(bucket, "one.mkv")
    proxy.faults.append(fault)
    with Cache(tmp_path, 100_000).hold(one) as path:
        assert path.read_bytes() == data
    assert proxy.met


def test_what_differs_from_its_checksum_is_not_kept(
    bucket: str, tmp_path: Path, proxy: Faulty
) -> None:
    one, _ = stored(bucket, "one.mkv")
    proxy.faults.append(Fault("spoil-answer", part="one.mkv", times=None))
    with pytest.raises(StorageFailed, match="checksum differs"):
        Cache(tmp_path, 100_000).hold(one).__enter__()
    assert names(tmp_path) == set()


def test_an_object_is_read_in_place_as_a_file(bucket: str) -> None:
    one, data = stored(bucket, "one.mkv", 1_000_000)
    file = open_pinned(pinned(one.location, one.version))
    assert file.read(10) == data[:10]
    assert file.seek(-5, os.SEEK_END) == 999_995
    assert (file.read(), file.read(), file.tell()) == (data[-5:], b"", 1_000_000)
    assert file.seek(500_000) == 500_000
    pieces = iter(lambda: file.read(33_333), b"")
    assert b"".join(pieces) == data[500_000:]
    assert file.seek(2_000_000) == 2_000_000
    assert file.read(1) == b""


def test_an_object_that_changes_is_not_read_on(bucket: str) -> None:
    one, _ = stored(bucket, "one.mkv", 1_000_000)
    file = open_pinned(pinned(one.location, one.version))
    file.read(10)
    stored(bucket, "one.mkv", 1_000_000)
    file.seek(900_000)
    with pytest.raises(StorageFailed, match="was replaced"):
        file.read(10)
    with pytest.raises(StorageFailed, match="was replaced"):
        open_pinned(pinned(one.location, one.version))
