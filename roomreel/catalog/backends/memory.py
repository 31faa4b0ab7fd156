"""The fake side of the port: an object store in memory, without locks between writers."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext

from roomreel.catalog.backends.port import Snapshot
from roomreel.model.table import Partition


class MemoryBackend:
    """Keeps everything in dictionaries; safe for threads, which meet as writers on S3 would."""

    def __init__(self) -> None:
        self._journal: dict[tuple[Partition, str], bytes] = {}
        self._parts: dict[Partition, Snapshot] = {}
        self._marker: bytes | None = None
        self._guard = threading.Lock()

    def append(self, partition: Partition, entry: str, data: bytes) -> None:
        """Add a journal entry."""
        with self._guard:
            self._journal[partition, entry] = data

    def entries(self, partition: Partition) -> list[str]:
        """The ids of its journal entries, oldest first."""
        with self._guard:
            return sorted(entry for owner, entry in self._journal if owner == partition)

    def entry(self, partition: Partition, entry: str) -> bytes | None:
        """A journal entry, or None."""
        return self._journal.get((partition, entry))

    def drop(self, partition: Partition, entry: str) -> None:
        """Remove a journal entry."""
        with self._guard:
            self._journal.pop((partition, entry), None)

    def pending(self) -> list[Partition]:
        """The partitions that have journal entries."""
        with self._guard:
            return sorted({partition for partition, _ in self._journal})

    def exclusive(self, partition: Partition) -> AbstractContextManager[None]:  # noqa: ARG002
        """Keeps nobody out: `replace` is what tells."""
        return nullcontext()

    def parts(self) -> dict[Partition, str]:
        """The partitions, each with its version."""
        with self._guard:
            return {partition: part.version for partition, part in self._parts.items()}

    def load(self, partition: Partition) -> Snapshot | None:
        """The partition, or None."""
        return self._parts.get(partition)

    def replace(self, partition: Partition, data: bytes, version: str | None) -> bool:
        """Compare and replace at once."""
        with self._guard:
            current = self._parts.get(partition)
            if (current and current.version) != version:
                return False
            self._parts[partition] = Snapshot(data, str(int(version or 0) + 1))
            return True

    def prove(self) -> None:
        """It can be relied on."""

    def marker(self) -> bytes | None:
        """What stands at the root, or None."""
        return self._marker

    def mark(self, data: bytes) -> None:
        """Replace that."""
        self._marker = data

    def sweep(self) -> int:
        """Nothing is ever half written."""
        return 0
