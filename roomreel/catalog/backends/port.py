"""What the catalogs need of storage: a journal, and partitions replaced as a whole.

A side is a few methods: `local` has files and locks, `memory` is the fake that tests use and that
behaves like an object store, where a replacement may meet another's.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from roomreel.model.table import Partition


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The bytes of a partition, and a token that changes when they do."""

    data: bytes
    version: str


class Backend(Protocol):
    """Where catalogs and journal live. Every method may raise StorageFailed."""

    def append(self, partition: Partition, entry: str, data: bytes) -> None:
        """Add a journal entry; durable and whole once this returns, and not there before."""

    def entries(self, partition: Partition) -> list[str]:
        """The ids of its journal entries, oldest first."""

    def entry(self, partition: Partition, entry: str) -> bytes | None:
        """A journal entry; None where it is gone, because another writer merged it."""

    def drop(self, partition: Partition, entry: str) -> None:
        """Remove a journal entry; nothing happens where it is gone."""

    def pending(self) -> list[Partition]:
        """The partitions that have journal entries."""

    def exclusive(self, partition: Partition) -> AbstractContextManager[None]:
        """Keep other writers of the partition out, where the side can; else `replace` tells."""

    def parts(self) -> dict[Partition, str]:
        """The partitions that have a file, each with a token that changes when its bytes do."""

    def load(self, partition: Partition) -> Snapshot | None:
        """The partition; None where it has no file yet."""

    def replace(self, partition: Partition, data: bytes, version: str | None) -> bool:
        """Put `data` in the place of that version (None: of no file), durable and at once.

        Returns:
            False where another version was there: nothing changed.
        """

    def prove(self) -> None:
        """Make sure that `replace` can be relied on; raises StorageFailed where it cannot."""

    def marker(self) -> bytes | None:
        """What stands at the root of the catalogs about all of them; None where nothing does."""

    def mark(self, data: bytes) -> None:
        """Replace that, at once."""

    def sweep(self) -> int:
        """Remove what killed writers half wrote; returns how many files."""
