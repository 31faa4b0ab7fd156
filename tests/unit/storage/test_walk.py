"""Walking folders while another process adds, renames and removes what is in them."""

import os
import subprocess
import sys
import time

import pytest

from roomreel.catalog.backends.local import LocalBackend
from roomreel.maintenance.places import PLACES
from roomreel.maintenance.published import published_files
from roomreel.storage import clean_up_scratch, clean_up_unfinished, discover
from roomreel.storage.walk import entries, files_below, names

# Makes everything that the walkers look for, renames half of it, and removes it, for ever.
CHURN = """
import itertools, pathlib, shutil, sys
from contextlib import suppress
root = pathlib.Path(sys.argv[1])
for number in itertools.count():
    digits = "%032x" % (number % 7)
    day = root / f"date=2026-11-{number % 5 + 10}"
    files = [
        day / f"CJ00000000000{digits[:21]}.webm",
        day / f".roomreel-{digits[:16]}.part",
        day / f"{digits[:8]}-0000-7000-8000-{digits[:12]}.json",
        root / f"roomreel-attempt-{digits[:16]}" / "half.mp4",
        root / f"CJ{digits}" / digits / "part.mp4",
        root / f"{digits}-{digits}.media",
        root / f"{digits}-{digits}.part",
        root / digits[-2:] / f"{digits[:30]}.npz",
        root / "a" / digits[-2:] / "room.json",
    ]
    for file in files:
        with suppress(OSError):  # a reaper removes them, too
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    for file in files[::2]:
        with suppress(OSError):
            if file.parent != root:
                moved = file.parent.with_name(f"{file.parent.name}-moved")
                file.parent.rename(moved)
                shutil.rmtree(moved, ignore_errors=True)
    for file in files:
        with suppress(OSError):
            file.unlink()
            file.parent.rmdir()
    if number == 0:
        print("begun", flush=True)
"""


def cleared(place):
    return lambda root: [place.remove(entry.path) for entry in place.holds(root)]


WALKS = {
    **{place.name: cleared(place) for place in PLACES},
    "scratch folders, by the verb": clean_up_scratch,
    "half-written files": clean_up_unfinished,
    "documents in a folder": lambda root: discover(str(root)),
    "documents by a glob": lambda root: discover(f"{root}/*/*/room.json"),
    "documents by a deep glob": lambda root: discover(f"{root}/**/*.json"),
    "compositions": lambda root: list(published_files(root)),
    "the journal": lambda root: LocalBackend(root / "none", root).pending(),
    "entries of the journal": lambda root: LocalBackend(root / "none", root).clean_up(),
}


@pytest.fixture
def churned(tmp_path):
    argv = [sys.executable, "-c", CHURN, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield tmp_path
        assert process.poll() is None, "it ended by itself"
        process.kill()


@pytest.mark.parametrize("walk", WALKS)
def test_nothing_that_another_process_removes_ends_a_walk(churned, walk):
    until = time.monotonic() + 0.5
    walks = 0
    while walks < 20 or time.monotonic() < until:
        WALKS[walk](churned)
        walks += 1


def test_what_is_gone_when_it_is_looked_at_is_left_out(tmp_path, monkeypatch):
    for name in ("a", "b", "c"):
        (tmp_path / name).touch()
    listdir = os.listdir

    def then_removed(folder):
        found = listdir(folder)
        (tmp_path / "b").unlink()
        return found

    # Only here: what stands around each test lists folders, too.
    with monkeypatch.context() as patch:
        patch.setattr(os, "listdir", then_removed)
        assert [entry.path.name for entry in entries(tmp_path)] == ["a", "c"]


def test_what_is_no_folder_has_nothing_in_it(tmp_path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "missing", tmp_path / "file", tmp_path / "file" / "below"):
        assert names(place) == []
        assert list(files_below(place)) == []


def test_files_below_a_folder_and_the_links_that_are_not_followed(tmp_path):
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "one").touch()
    (tmp_path / "a" / "b" / "c" / "deep").touch()
    (tmp_path / "a" / "b" / "loop").symlink_to(tmp_path / "a")

    def found(levels=None):
        return [entry.path.name for entry in files_below(tmp_path, levels)]

    assert found() == ["deep", "loop", "one"]
    assert found(levels=2) == ["one"]
    assert found(levels=1) == []
