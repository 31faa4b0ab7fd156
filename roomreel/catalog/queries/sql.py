"""SQL over the tables, by DuckDB in memory: it can read them and nothing else."""

from __future__ import annotations

import resource

import duckdb
import pyarrow as pa

from roomreel.catalog.queries.ages import UNKNOWN, Ages
from roomreel.catalog.queries.bounds import Bounds, run_within
from roomreel.catalog.queries.views import create_views
from roomreel.catalog.reader import Reader, arrow_errors, failure_in, retry_replaced
from roomreel.errors import CatalogError, QueryInvalid
from roomreel.model.table import Table

# Enough for the dates of decades; the usual soft limit of 1024 is reached in a year.
_MOST_FILES = 65_536

# What can only come of the words of a query: what is wrong with a file comes as another.
_MISTAKES = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
    duckdb.ParserException,
    duckdb.PermissionException,
    duckdb.SyntaxException,
)

# In UTC, so that a query means the same wherever it runs, as days do in the tables. The progress
# bar of a slow query would stand in front of its result.
_SEALED = """
    SET TimeZone = 'UTC';
    SET enable_progress_bar = false;
    SET python_enable_replacements = false;
    SET temp_directory = '';
    SET enable_external_access = false;
    SET lock_configuration = true;
"""


def query(reader: Reader, sql: str, bounds: Bounds, ages: Ages = UNKNOWN) -> pa.Table:
    """Return the result of a query over the tables and views, as of now.

    Raises:
        QueryInvalid: DuckDB finds a mistake in it.
        CatalogError: DuckDB refuses the query, it takes more time or memory than it may, or a
            table cannot be read.
        StillRunning: it takes longer, and goes on.
        StorageFailed: a table cannot be read.
    """
    return retry_replaced(lambda: _asked(reader, sql, bounds, ages))


def _asked(reader: Reader, sql: str, bounds: Bounds, ages: Ages) -> pa.Table:
    connection = connect(reader, bounds.memory_bytes, ages)
    result = run_within(bounds, lambda: answer(connection, sql), connection.interrupt)
    connection.close()
    return result


def connect(
    reader: Reader, memory_bytes: int | None = None, ages: Ages = UNKNOWN
) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB with the tables as of now, to be closed; no way leads out of it.

    Queries reach no file, network or setting.

    The tables have the further column `date`. All queries see one state, however often they name
    a table.

    Args:
        reader: of the catalogs.
        memory_bytes: what queries may take to work; unset: most of the machine's.
        ages: settings that the view `retention` goes by.

    Raises:
        CatalogError: a table cannot be read.
        StorageFailed: likewise.
    """
    _allow_open_files()
    connection = duckdb.connect(":memory:")
    for table in Table:
        with arrow_errors(f"the table {table}"):
            connection.register(table.value, reader.dataset(table, pinned=True))
    create_views(connection, ages)
    if memory_bytes is not None:
        connection.execute(f"SET memory_limit = '{memory_bytes // 1_000_000}MB'")
    connection.execute(_SEALED)
    return connection


def answer(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.Table:
    """Return the result of a query; no column and no row where the statement has none.

    Raises:
        QueryInvalid: DuckDB finds a mistake in it.
        CatalogError: DuckDB refuses it, or a table cannot be read.
        MemoryError: it needs more than there is.
        StorageFailed: a table cannot be read; Replaced: one in S3 was replaced meanwhile.
    """
    try:
        relation = connection.sql(sql)
        # Its truth is its length, which runs the query to count, and an empty one has columns.
        found: pa.Table = pa.table({}) if relation is None else relation.to_arrow_table()
    except (duckdb.OutOfMemoryException, pa.ArrowMemoryError) as error:
        raise MemoryError from error
    except _MISTAKES as error:
        raise QueryInvalid(f"the query failed: {error}") from error
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        words = f"the query failed: {error}"
        raise failure_in(words) or CatalogError(words) from error
    return found


def _allow_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
