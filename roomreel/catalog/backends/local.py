"""The local side of the port: files, `fsync`, `flock` and atomic rename.

    <catalog root>/<table>/date=YYYY-MM-DD/part.parquet
    <catalog root>/catalog.json         of which version all of these are
    <catalog root>/.staging/            half-written partitions
    <journal root>/<table>/date=YYYY-MM-DD/<entry>.json
    <journal root>/.staging/            half-written entries
    <journal root>/.locks/              lock files; they stay
    <journal root>/index/               on which day a room has its row

Half-written files are kept out of the tables' folders, even under hidden names: Polars refuses to
scan a folder that has a file of another extension in it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path

from roomreel.catalog.backends.port import Document, PartFile, Snapshot, data_and_version
from roomreel.model.table import Partition, Table, day_in
from roomreel.storage import clean_up_unfinished
from roomreel.storage.failure import storage_errors
from roomreel.storage.lock import alone
from roomreel.storage.replace import Step, make_folder, new_file
from roomreel.storage.walk import names, unless_gone

_ENTRY = re.compile(r"([0-9a-f][0-9a-f-]{35})\.json")


class LocalBackend:
    """Catalogs and journal in two folders of local disks; made when first needed.

    Writers on several machines over a network file system are not supported: `flock` and rename
    do not keep their promises there.

    Args:
        catalog_root: what analysts are pointed at.
        journal_root: anywhere outside of it.
        step: called after each named step of a write; tests kill the process in it.
    """

    def __init__(
        self, catalog_root: Path, journal_root: Path, step: Step = lambda _name: None
    ) -> None:
        self._catalog = catalog_root
        self._journal = journal_root
        self._step = step

    def append(self, partition: Partition, entry: str, data: bytes) -> None:
        """Add a journal entry; durable once this returns."""
        self._publish("entry", self._journal, self._entry_path(partition, entry), data)

    def entries(self, partition: Partition) -> list[str]:
        """Return the ids of its journal entries, oldest first."""
        folder = self._journal / partition.subfolder
        with storage_errors("list", folder):
            return _entry_ids(folder)

    def entry(self, partition: Partition, entry: str) -> bytes | None:
        """Return a journal entry; None where it is gone."""
        path = self._entry_path(partition, entry)
        with storage_errors("read", path):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                return None

    def remove(self, partition: Partition, entry: str) -> None:
        """Remove a journal entry."""
        path = self._entry_path(partition, entry)
        with storage_errors("remove", path):
            path.unlink(missing_ok=True)
        self._step("entry removed")

    def pending(self) -> list[Partition]:
        """Return the partitions that have journal entries."""
        with storage_errors("list", self._journal):
            return [
                Partition(table, day)
                for table in Table
                for day in _days(self._journal / table)
                if _entry_ids(self._journal / Partition(table, day).subfolder)
            ]

    @contextmanager
    def exclusive(self, partition: Partition) -> Iterator[None]:
        """Wait for, then hold, the lock of the partition; a dead holder holds nothing."""
        with self._lock(f"{partition.table}-{partition.day}"):
            self._step("locked")
            yield

    def parts(self, table: Table | None = None) -> dict[Partition, PartFile]:
        """Return the files of partitions."""
        found: dict[Partition, PartFile] = {}
        tables = Table if table is None else (table,)
        with storage_errors("list", self._catalog):
            there = (Partition(t, day) for t in tables for day in _days(self._catalog / t))
            for partition in there:
                with unless_gone():
                    about = self._part_path(partition).stat()
                    found[partition] = PartFile(_version(about), about.st_mtime)
        return found

    def load(self, partition: Partition) -> Snapshot | None:
        """Return the partition; None where it has no file yet."""
        path = self._part_path(partition)
        with storage_errors("read", path):
            try:
                return _snapshot(path)
            except FileNotFoundError:
                return None

    def replace(self, partition: Partition, data: bytes, version: str | None) -> str | None:
        """Replace the partition, unless something did that does not heed the lock."""
        path = self._part_path(partition)
        if _version_of(path) != version:
            return None
        self._publish("part", self._catalog, path, data)
        return _version_of(path)

    def check_replace(self) -> None:
        """Do nothing: a lock keeps others out."""

    def read(self, document: Document) -> Snapshot | None:
        """Return a document; None where there is none, or it is not readable."""
        with suppress(OSError):
            return _snapshot(self._document_path(document))
        return None

    def swap(self, document: Document, data: bytes, version: str | None) -> bool:
        """Replace a document under a lock of its own."""
        path = self._document_path(document)
        with self._lock(document):
            if data_and_version(self.read(document))[1] != version:
                return False
            root = self._catalog if document.is_public else self._journal
            self._publish(document, root, path, data)
        return True

    def clean_up(self) -> int:
        """Remove half-written files, unless another process is writing just now."""
        return sum(
            clean_up_unfinished(root / ".staging") for root in (self._catalog, self._journal)
        )

    def _publish(self, name: str, root: Path, target: Path, data: bytes) -> None:
        def step(reached: str) -> None:
            self._step(f"{name} {reached}")

        with (
            storage_errors("write", target),
            new_file(target, staging=root / ".staging", step=step) as file,
        ):
            file.write(data)

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        path = self._journal / ".locks" / f"{name}.lock"
        with storage_errors("lock", path):
            make_folder(path.parent)
            lock = ExitStack()
            lock.enter_context(alone(path))
        with lock:
            yield

    def _document_path(self, document: Document) -> Path:
        return (self._catalog if document.is_public else self._journal / "index") / document

    def _entry_path(self, partition: Partition, entry: str) -> Path:
        return self._journal / partition.subfolder / f"{entry}.json"

    def _part_path(self, partition: Partition) -> Path:
        return self._catalog / partition.subfolder / "part.parquet"


def _days(folder: Path) -> list[date]:
    days = map(day_in, names(folder))
    return sorted(day for day in days if day is not None)


def _entry_ids(folder: Path) -> list[str]:
    return [found[1] for name in names(folder) if (found := _ENTRY.fullmatch(name))]


def _snapshot(path: Path) -> Snapshot:
    with path.open("rb") as file:
        return Snapshot(file.read(), _version(os.fstat(file.fileno())))


def _version_of(path: Path) -> str | None:
    with storage_errors("read", path), suppress(FileNotFoundError):
        return _version(path.stat())
    return None


def _version(stat: os.stat_result) -> str:
    return f"{stat.st_ino}-{stat.st_mtime_ns}-{stat.st_size}"
