"""SQL over the tables, by DuckDB in memory: it can read them and nothing else."""

from __future__ import annotations

import resource

import duckdb
import pyarrow as pa

from roomreel.catalog.reader import Reader, readable
from roomreel.catalog.tables import Table
from roomreel.errors import CatalogError

# Enough for the dates of decades; the usual soft limit of 1024 is reached in a year.
_MOST_FILES = 65_536

_SEALED = """
    SET python_enable_replacements = false;
    SET temp_directory = '';
    SET enable_external_access = false;
    SET lock_configuration = true;
"""


def query(reader: Reader, sql: str) -> pa.Table:
    """The result of a query over rooms, recordings and compositions, as of now.

    The tables have the further column `date`. The query sees one state however often it names a
    table, and has no way to files, network or settings.

    Raises:
        CatalogError: DuckDB refuses the query, or a table cannot be read.
        StorageFailed: a table cannot be read.
    """
    _allow_open_files()
    with duckdb.connect(":memory:") as connection:
        for table in Table:
            with readable(f"the table {table}"):
                connection.register(table.value, reader.dataset(table, pinned=True))
        connection.execute(_SEALED)
        try:
            relation = connection.sql(sql)
            found: pa.Table = relation.to_arrow_table() if relation else pa.table({})
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            raise CatalogError(f"the query failed: {error}") from error
    return found


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
