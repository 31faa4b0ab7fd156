"""Files and folders that appear whole: what a crash or a rival between two steps leaves."""

import errno
import itertools
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from roomreel.storage import replace
from roomreel.storage.replace import make_folder, new_file, replace_file, replace_folder


def test_a_file_takes_the_place_of_the_one_before(tmp_path):
    file = tmp_path / "not" / "there" / "file"
    replace_file(file, b"one")
    replace_file(file, b"two")
    assert file.read_bytes() == b"two"
    assert list(file.parent.iterdir()) == [file]


def test_its_bytes_are_on_the_disk_before_its_name_and_its_name_before_the_end(
    tmp_path, monkeypatch
):
    done = []
    monkeypatch.setattr(os, "fsync", lambda _descriptor: done.append("sync"))
    make_folder(tmp_path / "folder")
    done.clear()
    with new_file(tmp_path / "folder" / "file", step=done.append) as file:
        file.write(b"bytes")
    assert done == ["written", "sync", "synced", "renamed", "sync", "durable"]


def test_what_fails_half_way_leaves_what_was_there(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"before")

    def full(reached):
        raise OSError(errno.ENOSPC, f"full when {reached}")

    with pytest.raises(OSError, match="full when written"), new_file(file, step=full) as opened:
        opened.write(b"half")
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


def test_an_empty_folder_in_its_place_goes_and_a_full_one_stays(tmp_path):
    file = tmp_path / "file"
    file.mkdir()
    replace_file(file, b"bytes")
    assert file.read_bytes() == b"bytes"
    (tmp_path / "full" / "of").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "full", b"bytes")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full"]


def test_a_folder_is_made_while_others_make_and_remove_it(tmp_path, monkeypatch):
    """Between any two steps of it that the system sees."""
    folder, others = tmp_path / "a" / "b", {}
    steps = itertools.count()

    def beside_others(call):
        def step(*args, **kwargs):
            now = next(steps)
            if now == others.get("make"):
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - not of the steps counted
            if now == others.get("remove"):
                shutil.rmtree(tmp_path / "a", ignore_errors=True)
            return call(*args, **kwargs)

        return step

    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    for owner, name in ((Path, "mkdir"), (Path, "stat"), (replace, "sync")):
        monkeypatch.setattr(owner, name, beside_others(getattr(owner, name)))
    make_folder(folder)
    last = next(steps)
    assert last >= 6  # two folders are looked for, made and synced
    for made_before, removed_before in itertools.permutations(range(last), 2):
        others |= {"make": made_before, "remove": removed_before}
        steps = itertools.count()
        make_folder(folder)
        shutil.rmtree(tmp_path / "a", ignore_errors=True)


def test_a_folder_is_made_while_others_remove_it_when_the_disk_is_slow(tmp_path, monkeypatch):
    def slow(_descriptor):
        shutil.rmtree(tmp_path / "a", ignore_errors=True)

    monkeypatch.setattr(os, "fsync", slow)
    make_folder(tmp_path / "a" / "b")


def test_one_of_many_makers_of_a_folder_wins_and_all_are_content(tmp_path):
    place = tmp_path / "parts" / "CJ1" / "digest"

    def make(number):
        folder = tmp_path / f"scratch-{number}"
        folder.mkdir()
        (folder / "file").write_text(str(number))
        return replace_folder(folder, place)

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(make, range(24)))
    assert won.count(True) == 1
    assert (place / "file").read_text() == str(won.index(True))


def test_a_folder_goes_to_another_file_system_whole(tmp_path, monkeypatch):
    folder, place = tmp_path / "made", tmp_path / "parts" / "CJ1" / "digest"
    folder.mkdir()
    (folder / "file").write_bytes(b"bytes")
    rename = type(folder).rename

    def elsewhere(self, target):
        if self.parent != target.parent:
            raise OSError(errno.EXDEV, "another device")
        return rename(self, target)

    monkeypatch.setattr(type(folder), "rename", elsewhere)
    assert replace_folder(folder, place)
    assert (place / "file").read_bytes() == b"bytes"
    assert list(place.parent.iterdir()) == [place]
