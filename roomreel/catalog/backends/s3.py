"""The S3 side of the port: objects and compare-and-swap, for writers on any number of machines.

    <catalog root>/<table>/date=YYYY-MM-DD/part.parquet
    <catalog root>/catalog.json         of which version all of these are
    <journal root>/<table>/date=YYYY-MM-DD/<entry>.json

An object appears whole or not at all, so nothing is ever half written. Nobody is kept out: of two
writers that replace a version one is told that it is gone, and merges again.

A new file is sent whole, though it begins with the bytes of the old one: an upload in parts could
copy those in the store, but Ceph 16 ends one without heeding If-Match (16.2.15: a wrong ETag
replaced the object), and then writers would lose each other's rows.
"""

from __future__ import annotations

import errno
import io
import os
import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs
from botocore.exceptions import ClientError

from roomreel.catalog.backends.port import Snapshot
from roomreel.catalog.reader import REPLACED, Replaced
from roomreel.catalog.schema.marker import MARKER
from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Partition, Table, day_in
from roomreel.storage import s3
from roomreel.storage.s3.failure import code_of
from roomreel.storage.s3.gate import surroundings

_ENTRY = re.compile(r"[0-9a-f][0-9a-f-]{35}")

# Of eight writers that start again at once, seven do so in vain; each waits a moment of its own.
_LONGEST_PAUSE_S = 1.0


# Read at once, in less time than its ranges would take one after the other, and no replacement
# comes between. A date of some ten thousand rows.
_WHOLE_BYTES = 8 * 2**20


class S3Backend:
    """Catalogs and journal below two places in S3.

    Args:
        catalog_root: what analysts are pointed at.
        journal_root: not inside of it.
    """

    def __init__(self, catalog_root: ObjectLocation, journal_root: ObjectLocation) -> None:
        self._catalog = catalog_root
        self._journal = journal_root
        self._lost = 0

    def append(self, partition: Partition, entry: str, data: bytes) -> None:
        """Add a journal entry; durable once this returns."""
        s3.write(self._entry_url(partition, entry), data)

    def entries(self, partition: Partition) -> list[str]:
        """The ids of its journal entries, oldest first."""
        folder = self._journal / partition.folder
        return sorted(entry for _, _, entry in self._waiting(folder))

    def entry(self, partition: Partition, entry: str) -> bytes | None:
        """A journal entry; None where it is gone."""
        found = s3.read(self._entry_url(partition, entry))
        return found and found[0]

    def drop(self, partition: Partition, entry: str) -> None:
        """Remove a journal entry."""
        s3.remove(self._entry_url(partition, entry))

    def pending(self) -> list[Partition]:
        """The partitions that have journal entries."""
        found = {
            Partition(Table(table), day)
            for table, folder, _ in self._waiting(self._journal)
            if table in set(Table) and (day := day_in(folder)) is not None
        }
        return sorted(found)

    @contextmanager
    def exclusive(self, partition: Partition) -> Iterator[None]:  # noqa: ARG002
        """Keeps nobody out: `replace` is what tells."""
        self._lost = 0
        yield

    def parts(self) -> dict[Partition, str]:
        """The partitions that have a file, each with the ETag of it."""
        found: dict[Partition, str] = {}
        for one in s3.below(str(self._catalog)):
            *_, table, folder, name = f"//{one.url}".split("/")
            day = day_in(folder)
            if table in set(Table) and day is not None and name == "part.parquet":
                found[Partition(Table(table), day)] = one.etag
        return found

    def load(self, partition: Partition) -> Snapshot | None:
        """The partition; None where it has no file yet."""
        found = s3.read(self._part_url(partition))
        return found and Snapshot(*found)

    def replace(self, partition: Partition, data: bytes, version: str | None) -> bool:
        """Replace that version; another writer's success makes this one wait a moment."""
        writes = self._proven()
        if writes.write(self._part_url(partition), data, version) is not None:
            return True
        self._lost += 1
        longest = min(0.05 * 2**self._lost, _LONGEST_PAUSE_S)
        time.sleep(random.uniform(0, longest))  # noqa: S311  no secret
        return False

    def prove(self) -> None:
        """Make sure, once a process, that conditional writes work."""
        self._proven()

    def marker(self) -> bytes | None:
        """What stands at the root of the catalogs, or None."""
        found = s3.read(str(self._catalog / MARKER))
        return found and found[0]

    def mark(self, data: bytes) -> None:
        """Replace that, at once."""
        s3.write(str(self._catalog / MARKER), data)

    def sweep(self) -> int:
        """Nothing is ever half written."""
        return 0

    def _proven(self) -> s3.ConditionalWrites:
        ground = proving_ground(self._catalog, self._journal)
        return _conditional_writes(os.getpid(), surroundings(), str(ground))

    def _waiting(self, folder: ObjectLocation) -> Iterator[tuple[str, str, str]]:
        """Table, folder of the date and id of every entry below a folder of the journal."""
        for found in s3.below(str(folder)):
            *_, table, date, name = f"//{found.url}".split("/")
            entry, _, suffix = name.rpartition(".")
            if suffix == "json" and _ENTRY.fullmatch(entry):
                yield table, date, entry

    def _entry_url(self, partition: Partition, entry: str) -> str:
        return str(self._journal / partition.folder / f"{entry}.json")

    def _part_url(self, partition: Partition) -> str:
        return str(self._catalog / partition.folder / "part.parquet")


def proving_ground(catalog_root: ObjectLocation, journal_root: ObjectLocation) -> ObjectLocation:
    """Return where conditional writes are tried: in the bucket of the catalogs."""
    # Where nobody reads, if that can be.
    return journal_root if journal_root.bucket == catalog_root.bucket else catalog_root


@lru_cache(maxsize=8)
def _conditional_writes(
    _pid: int, _about: tuple[tuple[str, str], ...], ground: str
) -> s3.ConditionalWrites:
    return s3.probe(ground)


def filesystem() -> pafs.FileSystem:
    """S3 for readers: a file that is open is one version, and reading another raises Replaced."""
    return pafs.PyFileSystem(_Handler())  # type: ignore[abstract]  # not so, say the stubs


class _Handler(pafs.FSSpecHandler):
    """Lists and opens by the client that all else asks, so that it fails in the same words."""

    def __init__(self) -> None:
        super().__init__(None)  # what would need one is replaced below

    def get_type_name(self) -> str:
        return "s3"

    def get_file_info(self, paths: Any) -> Any:
        return [_info(path, s3.look(f"s3://{path}")) for path in paths]

    def get_file_info_selector(self, selector: Any) -> Any:
        found = s3.below(f"s3://{selector.base_dir}")
        return [_info(one.url.removeprefix("s3://"), one) for one in found]

    def open_input_file(self, path: str) -> pa.NativeFile:
        url = f"s3://{path}"
        found = s3.look(url)
        whole = s3.read(url) if found and found.size_bytes <= _WHOLE_BYTES else None
        if whole is not None:
            return pa.BufferReader(whole[0])
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "there is no such object", path)
        return pa.PythonFile(_Version(found), mode="r")


def _info(path: str, found: s3.Found | None) -> pafs.FileInfo:
    if found is None:
        return pafs.FileInfo(path, pafs.FileType.NotFound)
    return pafs.FileInfo(path, pafs.FileType.File, size=found.size_bytes)


class _Version(io.RawIOBase):
    """One version of an object as a file. What is asked for is one request: Arrow asks well."""

    def __init__(self, found: s3.Found) -> None:
        super().__init__()
        self._found = found
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {
            io.SEEK_SET: 0,
            io.SEEK_CUR: self._position,
            io.SEEK_END: self._found.size_bytes,
        }[whence]
        self._position = start + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        left = max(self._found.size_bytes - self._position, 0)
        size = left if size < 0 else min(size, left)
        data = self._range(self._position, size) if size else b""
        self._position += len(data)
        return data

    def _range(self, start: int, size: int) -> bytes:
        try:
            return s3.read_range(self._found.url, start, size, self._found.etag)
        except StorageFailed as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and code_of(cause) in _GONE:
                raise Replaced(f"{self._found.url}: {REPLACED}", "read it again") from cause
            raise


_GONE = {"PreconditionFailed", "NoSuchKey"}
