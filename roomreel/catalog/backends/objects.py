"""The side of the port in stores of objects: compare-and-swap, for writers on many machines.

    <catalog root>/<table>/date=YYYY-MM-DD/part.parquet
    <catalog root>/catalog.json         of which version all of these are
    <journal root>/<table>/date=YYYY-MM-DD/<entry>.json
    <journal root>/index/               on which day a room has its row

An object appears whole or not at all, so nothing is ever half written. No writer is kept out: of
two that replace a version one finds it gone, and merges again.

A new file is sent whole, though it begins with the bytes of the old one: an upload in parts could
copy those in the store, but Ceph 16 ends one without heeding If-Match (16.2.15: a wrong ETag
replaced the object), and then writers would lose each other's rows.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from roomreel.catalog.backends.port import Document, PartFile, Snapshot
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Partition, Table, day_in
from roomreel.storage.port import ConditionalWrites, RemoteStore

_ENTRY = re.compile(r"[0-9a-f][0-9a-f-]{35}")

# Of eight writers that start again at once, seven do so in vain; each waits a moment of its own.
_LONGEST_PAUSE_S = 1.0


class ObjectBackend:
    """Catalogs and journal below two locations in a store of objects.

    Args:
        catalog_root: what analysts are pointed at.
        journal_root: not inside of it.
        store: that both are in.
    """

    def __init__(
        self, catalog_root: ObjectLocation, journal_root: ObjectLocation, store: RemoteStore
    ) -> None:
        self._store = store
        self._catalog = catalog_root
        self._journal = journal_root
        self._lost = 0

    def append(self, partition: Partition, entry: str, data: bytes) -> None:
        """Add a journal entry; durable once this returns."""
        self._store.write(self._entry(partition, entry), data)

    def entries(self, partition: Partition) -> list[str]:
        """Return the ids of its journal entries, oldest first."""
        folder = self._journal / partition.subfolder
        return sorted(entry for _, _, entry in self._waiting(folder))

    def entry(self, partition: Partition, entry: str) -> bytes | None:
        """Return a journal entry; None where it is gone."""
        found = self._store.read(self._entry(partition, entry))
        return found.data if found else None

    def remove(self, partition: Partition, entry: str) -> None:
        """Remove a journal entry."""
        self._store.remove(self._entry(partition, entry))

    def pending(self) -> list[Partition]:
        """Return the partitions that have journal entries."""
        found = {
            Partition(Table(table), day)
            for table, folder, _ in self._waiting(self._journal)
            if table in set(Table) and (day := day_in(folder)) is not None
        }
        return sorted(found)

    @contextmanager
    def exclusive(self, partition: Partition) -> Iterator[None]:  # noqa: ARG002
        """Keep no writer out: `replace` finds out."""
        self._lost = 0
        yield

    def parts(self, table: Table | None = None) -> dict[Partition, PartFile]:
        """Return the files of partitions."""
        found: dict[Partition, PartFile] = {}
        root = self._catalog if table is None else self._catalog / table
        for one in self._store.list(root):
            *_, of, folder, name = f"//{one.location}".split("/")
            day = day_in(folder)
            if of in set(Table) and day is not None and name == "part.parquet":
                part = PartFile(one.version, one.modified.timestamp())
                found[Partition(Table(of), day)] = part
        return found

    def load(self, partition: Partition) -> Snapshot | None:
        """Return the partition; None where it has no file yet."""
        found = self._store.read(self._part(partition))
        return Snapshot(found.data, found.version) if found else None

    def replace(self, partition: Partition, data: bytes, version: str | None) -> str | None:
        """Replace that version; another writer's success makes this one wait a moment."""
        now = self._proven().write(self._part(partition), data, version)
        if now is not None:
            return now
        self._lost += 1
        longest = min(0.05 * 2**self._lost, _LONGEST_PAUSE_S)
        time.sleep(random.uniform(0, longest))  # noqa: S311  no secret
        return None

    def check_replace(self) -> None:
        """Make sure, once a process, that conditional writes work."""
        self._proven()

    def read(self, document: Document) -> Snapshot | None:
        """Return a document; None where there is none."""
        found = self._store.read(self._document(document))
        return Snapshot(found.data, found.version) if found else None

    def swap(self, document: Document, data: bytes, version: str | None) -> bool:
        """Replace that version of a document."""
        return self._proven().write(self._document(document), data, version) is not None

    def clean_up(self) -> int:
        """Return 0: nothing is ever half written."""
        return 0

    def _proven(self) -> ConditionalWrites:
        return self._store.conditional_writes(proving_ground(self._catalog, self._journal))

    def _waiting(self, folder: ObjectLocation) -> Iterator[tuple[str, str, str]]:
        """Yield table, folder of the date and id of every entry below a folder of the journal."""
        for found in self._store.list(folder):
            *_, table, date, name = f"//{found.location}".split("/")
            entry, _, suffix = name.rpartition(".")
            if suffix == "json" and _ENTRY.fullmatch(entry):
                yield table, date, entry

    def _document(self, document: Document) -> ObjectLocation:
        return (self._catalog if document.is_public else self._journal / "index") / document

    def _entry(self, partition: Partition, entry: str) -> ObjectLocation:
        return self._journal / partition.subfolder / f"{entry}.json"

    def _part(self, partition: Partition) -> ObjectLocation:
        return self._catalog / partition.subfolder / "part.parquet"


def proving_ground(catalog_root: ObjectLocation, journal_root: ObjectLocation) -> ObjectLocation:
    """Return where conditional writes are tried: in the bucket of the catalogs."""
    # Where no reader looks, if that can be.
    return journal_root if journal_root.bucket == catalog_root.bucket else catalog_root
