import errno
import fcntl
import hashlib
import os
import shutil
import time
from pathlib import Path

import pytest

from roomreel.errors import StorageFailed
from roomreel.storage import clean_up_unfinished, publish, sha256_of
from roomreel.storage.local import ABANDONED_AFTER_S

ABANDONED = ".roomreel-0123456789abcdef.part"


@pytest.fixture
def source(tmp_path):
    file = tmp_path / "scratch" / "one.mp4"
    file.parent.mkdir()
    file.write_bytes(b"new" * 1000)
    return file


@pytest.fixture
def two_file_systems(monkeypatch):
    """Renames from one folder to another fail as between file systems."""
    rename = Path.replace

    def replace(self, target):
        if self.parent != Path(target).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace)


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_moves_a_file_into_a_new_folder(source, tmp_path):
    target = tmp_path / "store" / "date=2026-11-20" / "CJ.mp4"
    publish(source, target)
    assert target.read_bytes() == b"new" * 1000
    assert files(tmp_path) == ["CJ.mp4"]


def test_moves_a_file_across_file_systems(source, tmp_path, two_file_systems):
    target = tmp_path / "store" / "x" / ("n" * 251 + ".mp4")
    publish(source, target)
    assert target.read_bytes() == b"new" * 1000
    assert files(tmp_path) == [target.name]


@pytest.mark.parametrize("across", [True, False])
def test_replaces_what_is_there(source, tmp_path, request, across):
    if across:
        request.getfixturevalue("two_file_systems")
    target = tmp_path / "CJ.mp4"
    target.write_bytes(b"old")
    publish(source, target)
    assert target.read_bytes() == b"new" * 1000


def test_a_full_disk_leaves_the_old_file_and_no_other(
    source, tmp_path, two_file_systems, monkeypatch
):
    target = tmp_path / "store" / "CJ.mp4"
    target.parent.mkdir()
    target.write_bytes(b"old")

    def disk_full(_reader, writer, _length):
        writer.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", disk_full)
    with pytest.raises(StorageFailed, match="the disk is full") as caught:
        publish(source, target)
    assert "make room" in caught.value.remedy
    assert target.read_bytes() == b"old"
    assert files(target.parent) == ["CJ.mp4"]
    assert source.exists()


def test_a_missing_source_is_an_error(tmp_path):
    with pytest.raises(StorageFailed, match="cannot publish"):
        publish(tmp_path / "missing", tmp_path / "target")


def test_a_folder_in_the_way_is_an_error(source, tmp_path):
    (tmp_path / "target" / "full").mkdir(parents=True)
    with pytest.raises(StorageFailed, match="it is a folder"):
        publish(source, tmp_path / "target")
    assert source.exists()


def test_a_file_for_a_folder_is_an_error(source, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StorageFailed):
        publish(source, tmp_path / "file" / "target")


def test_what_a_killed_publisher_left_is_removed(tmp_path):
    left = tmp_path / "a" / "b" / ABANDONED
    left.parent.mkdir(parents=True)
    left.touch()
    keep = [tmp_path / "CJ.mp4", tmp_path / ".roomreel-notes.part", tmp_path / "part"]
    for path in keep:
        path.touch()
    assert clean_up_unfinished(tmp_path) == 1
    assert not left.exists()
    assert all(path.exists() for path in keep)


@pytest.mark.parametrize(("age_s", "removed"), [(0, 0), (ABANDONED_AFTER_S + 60, 1)])
def test_what_a_publisher_still_holds_is_kept_for_a_day(tmp_path, age_s, removed):
    held = tmp_path / ABANDONED
    with held.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.utime(held, times=(time.time() - age_s,) * 2)
        assert clean_up_unfinished(tmp_path) == removed
        assert held.exists() == (not removed)


def test_a_link_named_like_a_leftover_is_not_followed(tmp_path):
    (tmp_path / "precious").touch()
    (tmp_path / ABANDONED).symlink_to(tmp_path / "precious")
    assert clean_up_unfinished(tmp_path) == 0
    assert (tmp_path / "precious").exists()


def test_nothing_to_reap_where_there_is_no_folder(tmp_path):
    assert clean_up_unfinished(tmp_path / "missing") == 0


def test_a_reaper_never_takes_a_file_from_a_publisher(
    source, tmp_path, two_file_systems, monkeypatch
):
    """The reaper comes at the worst instants: before the lock, and while the bytes are copied."""
    copy, lock, reaped = shutil.copyfileobj, fcntl.flock, []

    def copy_beside_a_reaper(*arguments):
        reaped.append(clean_up_unfinished(tmp_path / "store"))
        copy(*arguments)

    def lock_after_a_reaper(descriptor, operation):
        if not reaped:
            reaped.append(None)
            reaped[0] = clean_up_unfinished(tmp_path / "store")
        lock(descriptor, operation)

    monkeypatch.setattr("shutil.copyfileobj", copy_beside_a_reaper)
    monkeypatch.setattr("fcntl.flock", lock_after_a_reaper)
    publish(source, tmp_path / "store" / "CJ.mp4")
    assert reaped == [1, 0]
    assert files(tmp_path) == ["CJ.mp4"]


def test_digest_of_a_file(source):
    assert sha256_of(source) == hashlib.sha256(b"new" * 1000).hexdigest()
    with pytest.raises(StorageFailed, match="cannot read"):
        sha256_of(source.parent)
