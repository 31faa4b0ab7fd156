"""The catalogs of one store: commit, recover, read, look up, list, query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs

from roomreel.catalog import listing
from roomreel.catalog.listing import EVERYTHING, Filters
from roomreel.catalog.local import LocalBackend
from roomreel.catalog.reader import Reader
from roomreel.catalog.store import Commit, Recovery, Store
from roomreel.catalog.tables import Partition, Row, Table
from roomreel.errors import StorageFailed
from roomreel.model.place import Place


@dataclass(frozen=True, slots=True)
class Catalog:
    """Rooms, recordings and compositions: a store that writes and a reader of the same files."""

    store: Store
    reader: Reader

    @classmethod
    def open(cls, catalog_root: Place, journal_root: Place) -> Self:
        """The catalogs in local folders, which are made by the first commit.

        Raises:
            StorageFailed: the folders are not local.
        """
        if not isinstance(catalog_root, Path) or not isinstance(journal_root, Path):
            raise StorageFailed(f"catalogs cannot be in S3: {catalog_root}", "set catalog, journal")
        backend = LocalBackend(catalog_root, journal_root)
        return cls(Store(backend), Reader(pafs.LocalFileSystem(), str(catalog_root.absolute())))

    def commit(self, partition: Partition, rows: list[Row]) -> Commit:
        """Write rows to one partition: see `Store.commit`."""
        return self.store.commit(partition, rows)

    def recover(self) -> Recovery:
        """Finish what killed writers began. Reading verbs begin with it; it never raises."""
        return self.store.recover()

    def read(
        self,
        table: Table,
        where: pc.Expression | None = None,
        columns: Sequence[str] | None = None,
        days: Iterable[date] | None = None,
    ) -> pa.Table:
        """The rows of a table: see `Reader.read`."""
        return self.reader.read(table, where, columns, days)

    def find(
        self, table: Table, sids: Iterable[str], days: Iterable[date] | None = None
    ) -> dict[str, Row]:
        """The rows of these sids, by sid; those that have none are left out."""
        return self.reader.find(table, sids, days)

    def lookup(self, sid: str) -> Row | None:
        """The row of any sid (RM, RT or CJ); None where there is none."""
        return self.reader.lookup(sid)

    def rows(self, table: Table, filters: Filters = EVERYTHING) -> list[Row]:
        """Rows for people, newest first: see `listing.rows`."""
        return listing.rows(self.reader, table, filters)

    def sql(self, query: str) -> pa.Table:
        """The result of an SQL query over the tables: see `query.query`."""
        # DuckDB is slow to import, and only this needs it.
        from roomreel.catalog.query import query as run

        return run(self.reader, query)
