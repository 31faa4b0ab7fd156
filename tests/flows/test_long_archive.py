"""What a night opens does not grow with the archive: it looks at the days of its window."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pyarrow.fs as pafs
import pytest

from roomreel.catalog.backends.local import LocalBackend
from roomreel.catalog.backends.port import Document, Snapshot
from roomreel.catalog.catalog import open_catalog
from roomreel.catalog.files import parquet
from roomreel.catalog.reader import Reader
from roomreel.catalog.schema.tables import tabled
from roomreel.model.table import Partition, Table

DAYS = 1000
WINDOW_DAYS = 2
# Of the rooms: the index, in two files.
BESIDE = 2

Opened = dict[str, set[str]]


class Counting(pafs.FSSpecHandler):
    """The disk as Arrow sees it; notes each file of a table that is opened."""

    def __init__(self, note: Any) -> None:
        super().__init__(fsspec.filesystem("file"))
        self._note = note

    def open_input_file(self, path: str) -> Any:
        self._note(path)
        return super().open_input_file(path)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """The files that are opened from now on, by table; the index counts among the rooms."""
    found: Opened = defaultdict(set)

    def note(path: str) -> None:
        *_, table, _, _ = path.split("/")
        found[table].add(path)

    def of(cls: type[Reader], root: Path) -> Reader:
        return cls(pafs.PyFileSystem(Counting(note)), str(root.absolute()))

    load, read = LocalBackend.load, LocalBackend.read

    def loaded(self: LocalBackend, partition: Partition) -> Snapshot | None:
        note(str(self._part_path(partition)))
        return load(self, partition)

    def seen(self: LocalBackend, document: Document) -> Snapshot | None:
        if document is not Document.MARKER:
            found[Table.ROOMS].add(document)
        return read(self, document)

    monkeypatch.setattr(Reader, "of", classmethod(of))
    monkeypatch.setattr(LocalBackend, "load", loaded)
    monkeypatch.setattr(LocalBackend, "read", seen)
    return found


def fill(world: Any) -> None:
    """Give the store an archive: a file of each table for each of many days, as they came."""
    now = datetime.now(UTC)
    for table in Table:
        row = {"sid": f"XX{0:032x}", "status": "completed", "updated_at": now}
        data = parquet.encode(tabled(table, [row]))
        for number in range(WINDOW_DAYS + 3, DAYS):
            ended = now - timedelta(days=number)
            folder = world.settings.catalog_root / Partition(table, ended.date()).subfolder
            folder.mkdir(parents=True)
            (folder / "part.parquet").write_bytes(data)
            os.utime(folder / "part.parquet", (ended.timestamp(), ended.timestamp()))


@pytest.mark.slow
@pytest.mark.parametrize("machine", [pytest.param("known", marks=pytest.mark.soak), "new"])
def test_a_night_opens_the_files_of_its_window_and_two(
    world: Any, opened: Opened, machine: str
) -> None:
    world.configure(window_days=WINDOW_DAYS)
    world.template("grid")
    world.room("yesterday", age_days=1)
    world.night()
    fill(world)
    open_catalog(world.settings).index_rooms()
    if machine == "known":
        world.night()
    else:
        for notebook in world.settings.scratch_root.glob("roomreel-cleared-*"):
            notebook.unlink()
    world.room("late", age_days=WINDOW_DAYS - 0.1)
    world.room("today", age_days=0.01)
    opened.clear()
    report = world.night()
    assert not report.failures
    assert [name for name, _ in world.rendered] == ["yesterday", "late", "today"]
    window = WINDOW_DAYS + 1
    for table in Table:
        # Without the setting `talk` nothing of it need be looked at.
        least = 0 if table is Table.TALK else 1
        assert least <= len(opened[table]) <= window + BESIDE, sorted(opened[table])
