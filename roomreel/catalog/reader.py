"""Reading the tables while others write them.

A partition is replaced under a reader's feet at any time. What keeps a read right is that each
file is opened once: on a disk the old bytes stay with the reader from then on, and S3 refuses to
read on in what is another version by now, whereupon it is read again. (Readers that do otherwise:
see `parquet`.)
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any, Self, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from roomreel.catalog.backends.filesystem import filesystem_of
from roomreel.catalog.schema.tables import SCHEMAS
from roomreel.errors import CatalogError, StorageFailed
from roomreel.model.location import Location
from roomreel.model.table import Partition, Row, Table, composition_days, day_in, table_of
from roomreel.storage.port import REPLACED, Replaced

T = TypeVar("T")

# A commit to a date takes longer than reading what it replaces. Where eight processes did nothing
# but commit to one date on a busy machine, 20 reads in a row were overtaken in 7 of 1000 cases.
_MOST_READS = 60

# Each is a request to S3, one after the other; a listing has a thousand in one.
_MOST_ASKED = 8

_PARQUET = ds.ParquetFileFormat()


class Reader:
    """Reads the tables below a folder; a table without a folder has no rows.

    Args:
        filesystem: where they are.
        root: path of the catalogs on it.
    """

    def __init__(self, filesystem: pafs.FileSystem, root: str) -> None:
        self._filesystem = filesystem
        self._root = root

    @classmethod
    def of(cls, root: Location) -> Self:
        """Return a reader of the catalogs at a location."""
        return cls(*filesystem_of(root))

    def read(
        self,
        table: Table,
        where: pc.Expression | None = None,
        columns: Sequence[str] | None = None,
        days: Iterable[date] | None = None,
    ) -> pa.Table:
        """Return the rows of a table in the columns of its schema, in no set order.

        Args:
            table: which.
            where: pushed down to partitions (column `date`), row groups and columns.
            columns: names; unset: all of the table's.
            days: the partitions to look at; unset: all.

        Raises:
            CatalogError: a file of it is not one of ours; names it.
            StorageFailed: it cannot be read.
        """
        return self._scanned(table, where, list(columns or SCHEMAS[table].names), days)

    def days(self, table: Table, among: Iterable[date] | None = None) -> list[date]:
        """Return the days, of all or some, for which a table has a file, oldest first."""
        with arrow_errors(f"the table {table}"):
            return sorted(day for day, _ in self._files(table, among))

    def dataset(
        self, table: Table, days: Iterable[date] | None = None, *, pinned: bool = False
    ) -> ds.FileSystemDataset:
        """Return the files of a table as one data set with the further column `date`.

        Args:
            table: which.
            days: the partitions; unset: all.
            pinned: open every file now, so that all scans see the same state; takes a file
                descriptor each.
        """
        # A fragment may be made from an open Arrow file too, which the type stubs do not know.
        opened: Callable[[str], Any] = self._filesystem.open_input_file
        fragments = [
            _PARQUET.make_fragment(
                opened(path) if pinned else path,
                None if pinned else self._filesystem,
                partition_expression=ds.field("date") == pa.scalar(day),
            )
            for day, path in self._files(table, days)
        ]
        schema = SCHEMAS[table].append(pa.field("date", pa.date32()))
        return ds.FileSystemDataset(fragments, schema, _PARQUET, self._filesystem)

    def file(self, partition: Partition) -> pq.ParquetFile:
        """Return the file of a partition as it lies there.

        Raises:
            CatalogError: it is none, or not there.
            StorageFailed: it cannot be read.
        """
        with arrow_errors(str(partition)):
            path = f"{self._root}/{partition.subfolder}/part.parquet"
            return pq.ParquetFile(self._filesystem.open_input_file(path))

    def find(
        self, table: Table, sids: Iterable[str], days: Iterable[date] | None = None
    ) -> dict[str, Row]:
        """Return the rows of these sids, by sid; those that have none are left out.

        Args:
            days: the partitions to look at; unset: of compositions those that their sids say, of
                the others those whose row groups may have the sids.
        """
        sids = sorted(set(sids))
        if not sids:
            return {}
        if days is None:
            # All columns of the row groups of every day take ten times as long as the sids.
            days = set(self.days_of(table, sids).values())
        wanted = ds.field("sid").isin(pa.array(sids, pa.string()))
        rows = self.read(table, wanted, days=days).to_pylist()
        return {row["sid"]: row for row in rows}

    def days_of(
        self, table: Table, sids: Iterable[str], days: Iterable[date] | None = None
    ) -> dict[str, date]:
        """Return the days in which these sids have rows; `days` are those of `find`."""
        sids = sorted(set(sids))
        if days is None and table is Table.COMPOSITIONS:
            days = composition_days(sids)
        wanted = ds.field("sid").isin(pa.array(sids, pa.string()))
        found = self._scanned(table, wanted, ["sid", "date"], days)
        return {row["sid"]: row["date"] for row in found.to_pylist()}

    def lookup(self, sid: str) -> Row | None:
        """Return the row of a room, recording, composition or attempt; None where there is none."""
        table = table_of(sid)
        return None if table is None else self.find(table, [sid]).get(sid)

    def _scanned(
        self,
        table: Table,
        where: pc.Expression | None,
        columns: list[str],
        days: Iterable[date] | None,
    ) -> pa.Table:
        chosen = None if days is None else list(days)

        def scan() -> pa.Table:
            # A data set is scanned once only: at a second scan it would trust the footers of the
            # first, and what is there by then may be other files.
            with arrow_errors(f"the table {table}"):
                return self.dataset(table, chosen).to_table(filter=where, columns=columns)

        return retry_replaced(scan)

    def _files(
        self, table: Table, days: Iterable[date] | None = None
    ) -> Iterator[tuple[date, str]]:
        folder = f"{self._root}/{table}"
        among = None if days is None else set(days)
        asked: pafs.FileSelector | list[str]
        if among is None or len(among) > _MOST_ASKED:
            asked = pafs.FileSelector(folder, allow_not_found=True, recursive=True)
        else:
            asked = [f"{folder}/date={day.isoformat()}/part.parquet" for day in among]
        for info in self._filesystem.get_file_info(asked):
            *_, parent, name = f"/{info.path}".split("/")
            day = day_in(parent)
            if day is None or name != "part.parquet" or not info.is_file:
                continue
            if among is None or day in among:
                yield day, info.path


def retry_replaced(read: Callable[[], T]) -> T:
    """Return what `read` gives, asked again where a file was replaced under it."""
    for _ in range(_MOST_READS - 1):
        try:
            return read()
        except Replaced:
            continue
    return read()


@contextmanager
def arrow_errors(what: str) -> Iterator[None]:
    """Translate what Arrow and the file systems under it raise while `what` is read."""
    try:
        yield
    except pa.ArrowException as error:
        raise CatalogError(
            f"{what} cannot be read: {error}", "move the file away, or restore it"
        ) from error
    except OSError as error:
        # Arrow has an OSError for bytes that are not Parquet, too: a bare one without a number.
        is_content = type(error) is OSError and error.errno is None
        raise (CatalogError if is_content else StorageFailed)(
            f"{what} cannot be read: {error}"
        ) from error


_OURS = re.compile(r"storage-failed: (.*?)(?:\. Detail: |$)", re.DOTALL)
_NUMBER = re.compile(r"\[errno (\d{1,4})\]", re.IGNORECASE)


def failure_in(words: str) -> StorageFailed | None:
    """Return what went wrong with reading, found in the words of a library that met it.

    DuckDB hands on only the words of what is raised beneath it.
    """
    if REPLACED in words:
        return Replaced(REPLACED, "read it again")
    if ours := _OURS.search(words):
        return StorageFailed(ours[1])
    if number := _NUMBER.search(words):
        return StorageFailed(f"a table cannot be read: {os.strerror(int(number[1]))}")
    return None
