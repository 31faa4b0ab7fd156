"""The port of the catalogs to storage: a journal, and partitions replaced as a whole.

A side is a few methods: `local` has files and locks, `memory` is the fake that tests use and that
behaves like an object store, where a replacement may meet another's.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from roomreel.model.table import Partition, Table


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The bytes of a partition, and a token that changes when they do."""

    data: bytes
    version: str


@dataclass(frozen=True, slots=True)
class PartFile:
    """The file of a partition as a listing has it.

    Attributes:
        version: changes when its bytes do.
        modified: instant (seconds since 1970) at which it was written.
    """

    version: str
    modified: float


def data_and_version(found: Snapshot | None) -> tuple[bytes | None, str | None]:
    """Return both of what was found; None twice where nothing was."""
    return (found.data, found.version) if found else (None, None)


class Document(StrEnum):
    """A document about the tables as a whole, by the name of its file."""

    MARKER = "catalog.json"
    ROOMS = "rooms.index"
    RECENT_ROOMS = "rooms-recent.index"

    @property
    def is_public(self) -> bool:
        """Return whether it is beside the tables; else it is in the folder `index` of the journal.

        Readers of the tables take every Parquet file that they find below a folder.
        """
        return self is Document.MARKER


class Backend(Protocol):
    """A place of catalogs and journal. Every method may raise StorageFailed."""

    def append(self, partition: Partition, entry: str, data: bytes) -> None:
        """Add a journal entry; durable and whole once this returns, and not there before."""

    def entries(self, partition: Partition) -> list[str]:
        """Return the ids of its journal entries, oldest first."""

    def entry(self, partition: Partition, entry: str) -> bytes | None:
        """Return a journal entry; None where it is gone, because another writer merged it."""

    def remove(self, partition: Partition, entry: str) -> None:
        """Remove a journal entry; nothing happens where it is gone."""

    def pending(self) -> list[Partition]:
        """Return the partitions that have journal entries."""

    def exclusive(self, partition: Partition) -> AbstractContextManager[None]:
        """Keep other writers of the partition out, where the side can; else `replace` finds out."""

    def parts(self, table: Table | None = None) -> dict[Partition, PartFile]:
        """Return the files of partitions, of one or all tables."""

    def load(self, partition: Partition) -> Snapshot | None:
        """Return the partition; None where it has no file yet."""

    def replace(self, partition: Partition, data: bytes, version: str | None) -> str | None:
        """Put `data` in the place of that version (None: of no file), durable and at once.

        Returns:
            The version that is there now; None where another one was: nothing changed.
        """

    def check_replace(self) -> None:
        """Make sure that `replace` can be relied on; raises StorageFailed where it cannot."""

    def read(self, document: Document) -> Snapshot | None:
        """Return a document; None where there is none, or it is not readable."""

    def swap(self, document: Document, data: bytes, version: str | None) -> bool:
        """Put `data` in the place of that version of a document (None: of none), at once.

        Returns:
            False where another version was there: nothing changed.
        """

    def clean_up(self) -> int:
        """Remove what killed writers half wrote; returns how many files."""
