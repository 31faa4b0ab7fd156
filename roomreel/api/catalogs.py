"""The catalogs of a store, for analysts: data frames, Arrow tables, SQL."""

from __future__ import annotations

from datetime import datetime
from os import PathLike
from typing import TYPE_CHECKING, TypedDict, Unpack

from roomreel.api.configuration import configured
from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.catalog.queries.ages import Ages
from roomreel.catalog.queries.listing import Filters
from roomreel.catalog.queries.sql import connect
from roomreel.model.table import Table
from roomreel.settings import Settings
from roomreel.storage.location import location_of

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import pyarrow as pa


class Wanted(TypedDict, total=False):
    """The rows that are wanted; what is left out filters nothing.

    Attributes:
        room: sid or unique name of a room.
        since: rooms that ended at this instant or later, and what belongs to them; of compositions
            and attempts as `date` says in docs/analysts.md.
        until: rooms that ended before this instant; likewise.
        status: such as "completed".
        template: friendly name; of compositions and attempts.
        limit: most rows.
    """

    room: str
    since: datetime
    until: datetime
    status: str
    template: str
    limit: int


class Catalogs:
    """The catalogs of a store, read as they are now.

    Args:
        store: path or URL of a store; or settings, which may have the catalogs elsewhere. Unset:
            the settings that the command line would read.

    Raises:
        SettingsInvalid, StorageFailed: it names no place.

    Example:
        >>> made = roomreel.Catalogs(store).compositions(status="completed")
        >>> made[["room_name", "template", "frame_count"]].values.tolist()
        [['monday', 'grid', 90]]
    """

    def __init__(self, store: str | PathLike[str] | Settings | None = None) -> None:
        self._settings = _settings(store)

    def rooms(self, **wanted: Unpack[Wanted]) -> pd.DataFrame:
        """Return rooms, a row each, the latest first."""
        return self._frame(Table.ROOMS, wanted)

    def recordings(self, **wanted: Unpack[Wanted]) -> pd.DataFrame:
        """Return recordings, a row each, those of the latest rooms first."""
        return self._frame(Table.RECORDINGS, wanted)

    def compositions(self, **wanted: Unpack[Wanted]) -> pd.DataFrame:
        """Return compositions, a row each, those of the latest rooms first."""
        return self._frame(Table.COMPOSITIONS, wanted)

    def attempts(self, **wanted: Unpack[Wanted]) -> pd.DataFrame:
        """Return attempts at compositions, documents and purges, a row each, the latest first."""
        return self._frame(Table.ATTEMPTS, wanted)

    def talk(self, **wanted: Unpack[Wanted]) -> pd.DataFrame:
        """Return who talked, a row for each participant of a room that was listened to."""
        return self._frame(Table.TALK, wanted)

    def arrow(self, table: str, **wanted: Unpack[Wanted]) -> pa.Table:
        """Return rows of a table as Arrow, with the types of the files.

        Args:
            table: rooms, recordings, compositions, attempts or talk.

        Raises:
            ArgumentsInvalid: the table has no such column, or `until` is not after `since`.
            NotFound: nothing has the name that a filter asks for.
            CatalogError, StorageFailed: the table cannot be read.
        """
        return self._catalog().table(Table(table), Filters(**wanted))

    def duckdb(self) -> duckdb.DuckDBPyConnection:
        """Return a DuckDB connection with the tables and views as of now; to be closed.

        It reaches no file and no network but them, and holds the files it has open.

        Example:
            >>> with roomreel.Catalogs(store).duckdb() as connection:
            ...     connection.sql("select count(*) from compositions").fetchall()
            [(1,)]
        """
        settings = self._settings
        ages = Ages(settings.delete_after_days, settings.retention_days)
        return connect(self._catalog().reader, settings.sql_memory_bytes, ages)

    def _frame(self, table: Table, wanted: Wanted) -> pd.DataFrame:
        frame: pd.DataFrame = self.arrow(table, **wanted).to_pandas()
        return frame

    def _catalog(self) -> Catalog:
        catalog = open_catalog(self._settings)
        catalog.recover()  # what a writer that was killed left in the journal is read, too
        return catalog


def _settings(store: str | PathLike[str] | Settings | None) -> Settings:
    if store is None or isinstance(store, Settings):
        return configured(store)
    settings = configured(None)
    # What is set of folders within a store is about another store.
    places = {"store": location_of(str(store)).absolute()}
    return settings.model_copy(update=places | dict.fromkeys(("catalog", "journal")))
