"""Commits: journal, merge, replace. Durable once journalled, visible once replaced."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from roomreel.catalog.backends.port import Backend, Document, PartFile, Snapshot, data_and_version
from roomreel.catalog.earlier import attempts_in
from roomreel.catalog.files import journal, parquet
from roomreel.catalog.merge import merged, superseded
from roomreel.catalog.room_index import RoomIndex
from roomreel.catalog.schema import marker as markers
from roomreel.catalog.schema.marker import Marker
from roomreel.catalog.schema.tables import SCHEMAS, tabled
from roomreel.catalog.schema.upgrade import upgraded
from roomreel.errors import CatalogError, RoomreelError, StorageFailed
from roomreel.metrics import count
from roomreel.model.table import Partition, Row, Table

# Each conflict is another writer's success, and that writer merges our entry too: far fewer do.
_MAX_CONFLICTS = 50


@dataclass(frozen=True, slots=True)
class Commit:
    """The result of a commit.

    Attributes:
        superseded: by sid of a row that does not stand, the one that does: a newer one, or one that
            was deleted meanwhile; None where it was purged. Media of the former are the caller's to
            remove.
    """

    superseded: Mapping[str, Row | None]


@dataclass(frozen=True, slots=True)
class Recovery:
    """The result of a recovery, counted.

    Attributes:
        partitions: that had entries left in the journal, now merged; `entries` is how many.
        files: half-written files removed.
        problems: partitions that could not be merged; their entries are kept.
    """

    partitions: int
    entries: int
    files: int
    problems: tuple[RoomreelError, ...]


Edit = Callable[[pa.Table], pa.Table]

_NONE: Mapping[str, pa.Table] = MappingProxyType({})


class Store:
    """Writes the catalogs through a side of the port.

    Attributes:
        rooms: on which day a room has its row.
    """

    def __init__(self, backend: Backend) -> None:
        self.rooms = RoomIndex(backend)
        self._backend = backend
        self._marker = Marker()

    def commit(self, partition: Partition, rows: list[Row]) -> Commit:
        """Write rows to one partition; nothing is lost wherever this is killed.

        Args:
            partition: where every one of the rows belongs.
            rows: one per sid; missing columns are null, `rev` is given at merge.

        Raises:
            StorageFailed: disk or network. What reached the journal is merged later.
            CatalogError: a row does not fit the table (nothing is written), or the partition or
                its journal cannot be read (the rows wait in the journal).
        """
        table = tabled(partition.table, rows)
        entry = journal.new_entry_id()
        self._backend.append(partition, entry, journal.encode(partition, table.to_pylist()))
        _, after = self._merge(partition, {entry: table})
        return Commit(superseded(partition.table, table, after))

    def recover(self) -> Recovery:
        """Merge what killed writers left in the journal, and remove what they half wrote."""
        counts: list[int] = []
        problems: list[RoomreelError] = []
        with _collect_problems(problems):
            for partition in self._backend.pending():
                with _collect_problems(problems):
                    counts.append(self._merge(partition)[0])
        files = 0
        with _collect_problems(problems):
            files = self._backend.clean_up()
        return Recovery(len(counts), sum(counts), files, tuple(problems))

    def waiting(self) -> int:
        """Return how many entries wait in the journal to be merged.

        Raises:
            StorageFailed: it cannot be listed.
        """
        return sum(len(self._backend.entries(part)) for part in self._backend.pending())

    def rewrite(self, partition: Partition, edit: Edit) -> None:
        """Merge what is in the journal, then edit all rows; nothing of the old file stays.

        For what is no change of a row by a run: a purge, a new schema.

        Args:
            partition: whose.
            edit: gives the rows as they are to be, or the table it was given, where nothing is to
                be done. It may be called several times.

        Raises:
            StorageFailed: as of a commit.
            CatalogError: likewise.
        """
        self._merge(partition, edit=edit)

    def parts(self, table: Table | None = None) -> dict[Partition, PartFile]:
        """Return the files of partitions, of one or all tables.

        Raises:
            StorageFailed: they cannot be listed.
        """
        return self._backend.parts(table)

    def check_writes(self) -> None:
        """Make sure that writers cannot lose each other's rows.

        Raises:
            StorageFailed: they can, or the store cannot be written.
        """
        self._backend.check_replace()

    def marker(self) -> Marker:
        """Return what is known of the versions of all files; looked at once where all is of today.

        Raises:
            StorageFailed: the store cannot be asked.
        """
        if not self._marker.is_of_today:
            data, _ = data_and_version(self._backend.read(Document.MARKER))
            self._marker = markers.decode(data)
        return self._marker

    def mark(self, marker: Marker) -> None:
        """Record what is known of the versions of all files.

        Raises:
            StorageFailed: it cannot be written.
        """
        for _ in range(_MAX_CONFLICTS):
            _, version = data_and_version(self._backend.read(Document.MARKER))
            if self._backend.swap(Document.MARKER, markers.encode(marker), version):
                self._marker = marker
                return
        raise StorageFailed("the marker of the catalogs was replaced by others again and again")

    def upgrade(self, partition: Partition) -> None:
        """Write a partition again: in the schema and the values of today, and sorted.

        Raises:
            StorageFailed: as of a commit.
            CatalogError: likewise.
        """
        self.rewrite(partition, lambda rows: upgraded(partition.table, rows).sort_by("sid"))

    def unreadable(self, partition: Partition) -> Snapshot | None:
        """Return the file of a partition if it is none of this catalog's.

        Raises:
            StorageFailed: it cannot be loaded.
        """
        snapshot = self._backend.load(partition)
        try:
            parquet.decode(partition, snapshot.data if snapshot else None)
        except CatalogError:
            return snapshot
        return None

    def clear(self, partition: Partition, found: Snapshot) -> None:
        """Put a file without rows in the place of what was found unreadable.

        Raises:
            StorageFailed: disk or network, or another one did something there meanwhile.
        """
        empty = parquet.encode(SCHEMAS[partition.table].empty_table())
        with self._backend.exclusive(partition):
            if not self._backend.replace(partition, empty, found.version):
                raise StorageFailed(f"{partition} was replaced meanwhile", "run it again")

    def _merge(
        self, partition: Partition, own: Mapping[str, pa.Table] = _NONE, edit: Edit | None = None
    ) -> tuple[int, pa.Table]:
        """Merge all entries of a partition.

        Args:
            partition: whose.
            own: entries of the caller's, who wants to know what stands for their rows.
            edit: see `rewrite`.

        Returns:
            How many entries, and the rows after, of `own`, of the entries and of some others.
        """
        self.marker().refuse_newer()
        with self._backend.exclusive(partition):
            for _ in range(_MAX_CONFLICTS):
                # Every attempt starts at the journal: after a conflict nothing read before holds.
                # Entries come before the partition, so that one which is gone is in it.
                entries = self._backend.entries(partition)
                others = self._of_others(partition, entries, own)
                changes = _changes(partition, entries, own, others)
                data, version = data_and_version(self._backend.load(partition))
                part = parquet.part_of(partition, data)
                touched = part.touched(
                    str(sid) for rows in (changes, *own.values()) for sid in rows["sid"].to_pylist()
                )
                if edit is not None:
                    touched = list(range(len(part.groups)))
                before = part.read(touched)
                after = merged(partition.table, before, changes)
                rows = edit(after) if edit is not None else after
                gone = None if rows is before else data
                if earlier := attempts_in(partition, gone, others.values(), rows):
                    self.commit(Partition(Table.ATTEMPTS, partition.day), earlier)
                if rows is not before:
                    whole = part.replaced(touched, rows, from_scratch=rows is not after)
                    now = self._backend.replace(partition, whole, version)
                    if not now:
                        count("roomreel_commit_retries")
                        continue
                    self._index(partition, version, now, changes)
                for entry in entries:
                    self._backend.remove(partition, entry)
                return len(entries), rows
        raise StorageFailed(
            f"{partition} was replaced by others {_MAX_CONFLICTS} times in a row",
            "what was to be recorded waits in the journal; run roomreel catalog recover",
        )

    def _index(self, partition: Partition, before: str | None, now: str, changes: pa.Table) -> None:
        if partition.table is Table.ROOMS:
            with suppress(StorageFailed):  # then the day is read where rooms are looked for
                self.rooms.renew(partition.day, before, now, map(str, changes["sid"].to_pylist()))

    def _of_others(
        self, partition: Partition, entries: Iterable[str], own: Container[str]
    ) -> dict[str, bytes]:
        """Return the entries of others that are still there."""
        found = {e: self._backend.entry(partition, e) for e in entries if e not in own}
        return {entry: data for entry, data in found.items() if data}


def _changes(
    partition: Partition,
    entries: Iterable[str],
    own: Mapping[str, pa.Table],
    others: Mapping[str, bytes],
) -> pa.Table:
    return pa.concat_tables(
        [
            SCHEMAS[partition.table].empty_table(),
            *(own[entry] for entry in entries if entry in own),
            *(journal.decode(partition, entry, data) for entry, data in others.items()),
        ]
    )


@contextmanager
def _collect_problems(problems: list[RoomreelError]) -> Iterator[None]:
    """Add what fails in the block to the problems, and go on after it."""
    try:
        yield
    except (CatalogError, StorageFailed) as error:
        problems.append(error)
