"""The catalogs of one store: commit, recover, read, look up, list, query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from roomreel.catalog.backends.choose import choose_backend
from roomreel.catalog.queries import listing
from roomreel.catalog.queries.ages import UNKNOWN, Ages
from roomreel.catalog.queries.bounds import USUAL, Bounds
from roomreel.catalog.queries.listing import EVERYTHING, Filters
from roomreel.catalog.reader import Reader, retry_replaced
from roomreel.catalog.schema.marker import marker_of_today
from roomreel.catalog.schema.tables import VERSION, is_of_today, refuse_newer, version_of
from roomreel.catalog.store import Commit, Recovery, Store
from roomreel.errors import CatalogError, RoomreelError, StorageFailed
from roomreel.model.location import Location
from roomreel.model.table import Partition, Row, Table, table_of
from roomreel.settings.places import Places

# Footers are small, and in S3 each takes a while to come.
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Catalog:
    """The tables: a store that writes and a reader of the same files."""

    store: Store
    reader: Reader

    @classmethod
    def open(cls, catalog_root: Location, journal_root: Location) -> Self:
        """Return the catalogs at two places; a commit makes what is not there yet.

        Raises:
            SettingsInvalid: as of `choose_backend`.
        """
        return cls(Store(choose_backend(catalog_root, journal_root)), Reader.of(catalog_root))

    def commit(self, partition: Partition, rows: list[Row]) -> Commit:
        """Write rows to one partition: see `Store.commit`.

        The first commit of an engine with a newer version of the catalogs writes all files again:
        readers take the schema of one file for that of all.
        """
        if not self.store.marker().is_of_today:
            self.upgrade()  # what cannot be is looked at again by the next process
        return self.store.commit(partition, rows)

    def append(self, partition: Partition, rows: list[Row]) -> None:
        """Commit those of the rows that are not there; repeating it changes nothing.

        Raises:
            StorageFailed: as of a commit.
            CatalogError: likewise.
        """
        there = self.find(partition.table, [row["sid"] for row in rows], [partition.day])
        new = {row["sid"]: row for row in rows if row["sid"] not in there}
        if new:
            self.commit(partition, list(new.values()))

    def refuse_unrecordable(self, days: Iterable[date] = ()) -> None:
        """Refuse what could not be recorded, before work is spent on it.

        Args:
            days: of what is to be recorded.

        Raises:
            CatalogError: a newer roomreel has written the catalogs, or a file of these days.
            StorageFailed: they cannot be looked at, or several writers would lose rows there.
        """
        self.store.check_writes()
        self.store.marker().refuse_newer()
        asked = sorted(set(days))
        parts = [Partition(table, day) for table in Table for day in self.reader.days(table, asked)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for partition, version in zip(parts, pool.map(self._version_in, parts), strict=True):
                refuse_newer(version, f"{partition}/part.parquet")

    def _version_in(self, partition: Partition) -> int:
        """Return the version of a file; 0 of a damaged one, whose rows wait in the journal."""
        with suppress(CatalogError):
            # Others may commit to it in the meantime.
            return retry_replaced(lambda: version_of(self.reader.file(partition).schema_arrow))
        return 0

    def recover(self) -> Recovery:
        """Finish what killed writers began. Reading verbs begin with it; it never raises."""
        return self.store.recover()

    def upgrade(self, *, whole: bool = False) -> tuple[int, tuple[RoomreelError, ...]]:
        """Write the files again that an engine of another version wrote; it never raises.

        Args:
            whole: look at every file, whatever the marker says of them.

        Returns:
            How many there were, and why others could not be; doing it again does what is left.
        """
        try:
            partitions = self._to_be_looked_at(whole=whole)
            if partitions is None:
                return 0, ()
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                results = dict(zip(partitions, pool.map(self._upgrade, partitions), strict=True))
            problems = {p: why for p, why in results.items() if isinstance(why, RoomreelError)}
            self.store.mark(marker_of_today(problems))
            self.index_rooms(whole=whole)
        except (CatalogError, StorageFailed) as error:
            return 0, (error,)
        return sum(result is True for result in results.values()), tuple(problems.values())

    def _to_be_looked_at(self, *, whole: bool) -> list[Partition] | None:
        """Return the partitions that may be of another version; None where the marker says: none.

        Raises:
            CatalogError: a newer engine wrote them.
            StorageFailed: they cannot be listed.
        """
        marker = self.store.marker()
        marker.refuse_newer()
        if marker.is_of_today and not whole:
            return None
        there = [Partition(table, day) for table in Table for day in self.reader.days(table)]
        if marker.version == int(VERSION) and not whole:
            return [partition for partition in there if partition in marker.left]
        return there

    def _upgrade(self, partition: Partition) -> bool | RoomreelError:
        try:
            if is_of_today(partition.table, self.reader.file(partition).schema_arrow):
                return False
            self.store.upgrade(partition)
        except (CatalogError, StorageFailed) as error:
            return error
        return True

    def read(
        self,
        table: Table,
        where: pc.Expression | None = None,
        columns: Sequence[str] | None = None,
        days: Iterable[date] | None = None,
    ) -> pa.Table:
        """Return the rows of a table: see `Reader.read`."""
        return self.reader.read(table, where, columns, days)

    def find(
        self, table: Table, sids: Iterable[str], days: Iterable[date] | None = None
    ) -> dict[str, Row]:
        """Return the rows of these sids, by sid; those that have none are left out.

        Args:
            days: the partitions to look at; unset: all, of rooms those that the index says.
        """
        wanted = list(sids)
        if days is None and table is Table.ROOMS:
            days = self.days_of_rooms(wanted)
        return self.reader.find(table, wanted, days)

    def days_of_rooms(self, sids: Sequence[str], since: date = date.min) -> set[date]:
        """Return the days on which these rooms may have their rows.

        Args:
            since: days before are not read where the index knows nothing of them.
        """
        found = self.store.rooms.find(sids)
        unknown = [day for day in found.unknown if day >= since]
        read = self.reader.days_of(Table.ROOMS, sids, unknown) if sids and unknown else {}
        return {*found.days, *read.values()}

    def index_rooms(self, *, whole: bool = False) -> int:
        """Add the days to the index of rooms of which it knows nothing.

        Args:
            whole: all days, whatever it knows.

        Returns:
            How many days were read for it.

        Raises:
            StorageFailed: the catalogs cannot be read.
        """
        return self.store.rooms.fill(self._rooms_on, whole=whole)

    def _rooms_on(self, day: date) -> list[str]:
        sids = self.reader.read(Table.ROOMS, None, ["sid"], [day])["sid"]
        return list(map(str, sids.to_pylist()))

    def lookup(self, sid: str) -> Row | None:
        """Return the row of any sid (RM, RT, CJ or AT); None where there is none."""
        if table_of(sid) is Table.ROOMS:
            return self.find(Table.ROOMS, [sid]).get(sid)
        return self.reader.lookup(sid)

    def rows(self, table: Table, filters: Filters = EVERYTHING) -> list[Row]:
        """Return rows for people, newest first: see `table`."""
        rows: list[Row] = self.table(table, filters).to_pylist()
        return rows

    def table(self, table: Table, filters: Filters = EVERYTHING) -> pa.Table:
        """Return rows as Arrow, newest first: see `listing.listed`."""
        return listing.listed(self.reader, table, filters)

    def sql(self, query: str, bounds: Bounds = USUAL, ages: Ages = UNKNOWN) -> pa.Table:
        """Return the result of an SQL query over the tables: see `query.query`."""
        # DuckDB is slow to import, and only this needs it.
        from roomreel.catalog.queries.sql import query as run

        return run(self.reader, query, bounds, ages)


def open_catalog(settings: Places) -> Catalog:
    """Return the catalogs of the settings, as they are.

    Raises:
        SettingsInvalid: as of `Catalog.open`.
    """
    return Catalog.open(settings.catalog_root, settings.journal_root)
