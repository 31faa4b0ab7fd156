"""The local side of the port: files, `fsync`, `flock` and atomic rename.

    <catalog root>/<table>/date=YYYY-MM-DD/part.parquet
    <catalog root>/.staging/            half-written partitions
    <journal root>/<table>/date=YYYY-MM-DD/<entry>.json
    <journal root>/.staging/            half-written entries
    <journal root>/.locks/              lock files; they stay

Half-written files are kept out of the tables' folders, even under hidden names: Polars refuses to
scan a folder that has a file of another extension in it.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from roomreel.catalog.port import Snapshot
from roomreel.catalog.tables import Partition, Table, day_in
from roomreel.errors import StorageFailed

Step = Callable[[str], None]

_ENTRY = re.compile(r"[0-9a-f][0-9a-f-]{35}")

_REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EACCES: "give roomreel write access",
    errno.EPERM: "give roomreel write access",
    errno.EROFS: "mount it writable",
}


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
        """The ids of its journal entries, oldest first."""
        folder = self._journal / partition.folder
        with _translated("list", folder):
            return _entry_ids(folder)

    def entry(self, partition: Partition, entry: str) -> bytes | None:
        """A journal entry; None where it is gone."""
        path = self._entry_path(partition, entry)
        with _translated("read", path):
            try:
                return path.read_bytes()
            except FileNotFoundError:
                return None

    def drop(self, partition: Partition, entry: str) -> None:
        """Remove a journal entry."""
        path = self._entry_path(partition, entry)
        with _translated("remove", path):
            path.unlink(missing_ok=True)
        self._step("entry dropped")

    def pending(self) -> list[Partition]:
        """The partitions that have journal entries."""
        with _translated("list", self._journal):
            return [
                Partition(table, day)
                for table in Table
                for day in _days(self._journal / table)
                if _entry_ids(self._journal / Partition(table, day).folder)
            ]

    @contextmanager
    def exclusive(self, partition: Partition) -> Iterator[None]:
        """Wait for, then hold, the lock of the partition; a dead holder holds nothing."""
        with self._locked(f"{partition.table}-{partition.day}", fcntl.LOCK_EX):
            self._step("locked")
            yield

    def load(self, partition: Partition) -> Snapshot | None:
        """The partition; None where it has no file yet."""
        path = self._part_path(partition)
        with _translated("read", path):
            try:
                with path.open("rb") as file:
                    return Snapshot(file.read(), _version(os.fstat(file.fileno())))
            except FileNotFoundError:
                return None

    def replace(self, partition: Partition, data: bytes, version: str | None) -> bool:
        """Replace the partition, if nobody did who does not heed the lock."""
        path = self._part_path(partition)
        with _translated("read", path):
            current = _version(path.stat()) if path.exists() else None
        if current != version:
            return False
        self._publish("part", self._catalog, path, data)
        return True

    def sweep(self) -> int:
        """Remove half-written files, unless somebody is writing just now."""
        left = [
            path
            for root in (self._catalog, self._journal)
            for path in sorted((root / ".staging").glob("*.tmp"))
        ]
        if not left:
            return 0
        with _translated("sweep", self._journal):
            try:
                with self._locked("staging", fcntl.LOCK_EX | fcntl.LOCK_NB):
                    for path in left:
                        path.unlink(missing_ok=True)
            except BlockingIOError:
                return 0
        return len(left)

    def _publish(self, name: str, root: Path, target: Path, data: bytes) -> None:
        staging = root / ".staging"
        temp = staging / f"{uuid.uuid4()}.tmp"
        with _translated("write", target), self._locked("staging", fcntl.LOCK_SH):
            _make_folder(staging)
            _make_folder(target.parent)
            try:
                with temp.open("xb") as file:
                    file.write(data)
                    file.flush()
                    self._step(f"{name} written")
                    os.fsync(file.fileno())
                self._step(f"{name} synced")
                temp.replace(target)
                self._step(f"{name} renamed")
                _sync_folder(target.parent)
                self._step(f"{name} durable")
            finally:
                temp.unlink(missing_ok=True)

    @contextmanager
    def _locked(self, name: str, how: int) -> Iterator[None]:
        path = self._journal / ".locks" / f"{name}.lock"
        with _translated("lock", path):
            _make_folder(path.parent)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            with _translated("lock", path):
                fcntl.flock(descriptor, how)
            yield
        finally:
            # Closing alone would not do: a child forked meanwhile holds the same open file.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)

    def _entry_path(self, partition: Partition, entry: str) -> Path:
        return self._journal / partition.folder / f"{entry}.json"

    def _part_path(self, partition: Partition) -> Path:
        return self._catalog / partition.folder / "part.parquet"


@contextmanager
def _translated(doing: str, path: Path) -> Iterator[None]:
    try:
        yield
    except BlockingIOError:
        raise
    except OSError as error:
        raise StorageFailed(
            f"cannot {doing} {path}: {error.strerror or error}",
            _REMEDIES.get(error.errno or 0, ""),
        ) from error


def _days(folder: Path) -> list[date]:
    if not folder.is_dir():
        return []
    days = (day_in(path.name) for path in folder.iterdir())
    return sorted(day for day in days if day is not None)


def _entry_ids(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(path.stem for path in folder.glob("*.json") if _ENTRY.fullmatch(path.stem))


def _version(stat: os.stat_result) -> str:
    return f"{stat.st_ino}-{stat.st_mtime_ns}-{stat.st_size}"


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
