"""Reading the tables while others write them.

A partition is replaced under a reader's feet at any time. What keeps a read right is that each
file is opened once: from then on the old bytes stay with the reader. (Readers that do otherwise:
see `parquet`.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs

from roomreel.catalog.tables import (
    SCHEMAS,
    Row,
    Table,
    composition_day,
    day_in,
    table_of,
)
from roomreel.errors import CatalogError, StorageFailed

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

    def read(
        self,
        table: Table,
        where: pc.Expression | None = None,
        columns: Sequence[str] | None = None,
        days: Iterable[date] | None = None,
    ) -> pa.Table:
        """The rows of a table in the columns of its schema, in no set order.

        Args:
            table: which.
            where: pushed down to partitions (column `date`), row groups and columns.
            columns: names; unset: all of the table's.
            days: the partitions to look at; unset: all.

        Raises:
            CatalogError: a file of it is none of ours; names it.
            StorageFailed: it cannot be read.
        """
        wanted = list(columns or SCHEMAS[table].names)
        with readable(f"the table {table}"):
            # A data set is scanned once only: at a second scan it would trust the footers of the
            # first, and what is there by then may be other files.
            return self.dataset(table, days).to_table(filter=where, columns=wanted)

    def days(self, table: Table) -> list[date]:
        """The days for which a table has a file, oldest first."""
        with readable(f"the table {table}"):
            return sorted(day for day, _ in self._files(table))

    def dataset(
        self, table: Table, days: Iterable[date] | None = None, *, pinned: bool = False
    ) -> ds.FileSystemDataset:
        """The files of a table as one data set with the further column `date`.

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

    def find(
        self, table: Table, sids: Iterable[str], days: Iterable[date] | None = None
    ) -> dict[str, Row]:
        """The rows of these sids, by sid; those that have none are left out."""
        sids = sorted(set(sids))
        if not sids:
            return {}
        if days is None:
            # All columns of the row groups of every day take ten times as long as the sids.
            days = set(self.days_of(table, sids).values())
        wanted = ds.field("sid").isin(pa.array(sids, pa.string()))
        rows = self.read(table, wanted, days=days).to_pylist()
        return {row["sid"]: row for row in rows}

    def days_of(self, table: Table, sids: Iterable[str]) -> dict[str, date]:
        """The days in which these sids have rows."""
        wanted = ds.field("sid").isin(pa.array(sorted(set(sids)), pa.string()))
        with readable(f"the table {table}"):
            found = self.dataset(table).to_table(filter=wanted, columns=["sid", "date"])
        return {row["sid"]: row["date"] for row in found.to_pylist()}

    def lookup(self, sid: str) -> Row | None:
        """The row of a room, recording or composition; None where there is none.

        A composition's sid tells its day; for the others the row groups of every day are asked.
        """
        table = table_of(sid)
        if table is None:
            return None
        days = None
        if table is Table.COMPOSITIONS:
            try:
                days = [composition_day(sid)]
            except CatalogError:
                return None
        return self.find(table, [sid], days).get(sid)

    def _files(
        self, table: Table, days: Iterable[date] | None = None
    ) -> Iterator[tuple[date, str]]:
        folder = f"{self._root}/{table}"
        asked: pafs.FileSelector | list[str]
        if days is None:
            asked = pafs.FileSelector(folder, allow_not_found=True, recursive=True)
        else:
            asked = [f"{folder}/date={day.isoformat()}/part.parquet" for day in days]
        for info in self._filesystem.get_file_info(asked):
            *_, parent, name = f"/{info.path}".split("/")
            day = day_in(parent)
            if day is not None and name == "part.parquet" and info.is_file:
                yield day, info.path


@contextmanager
def readable(what: str) -> Iterator[None]:
    """Translate what Arrow raises while `what` is read."""
    try:
        yield
    except pa.ArrowException as error:
        raise CatalogError(
            f"{what} cannot be read: {error}", "move the file away, or restore it"
        ) from error
    except OSError as error:
        # Arrow tells of bytes that are no Parquet as an OSError too, then without a number.
        kind = CatalogError if error.errno is None else StorageFailed
        raise kind(f"{what} cannot be read: {error}") from error
