"""The schemas of the tables, as Arrow has them, and the version of the catalogs.

Every file of a table has exactly the schema given here. A schema grows only by columns that may
be null, and `VERSION` goes up with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from roomreel.catalog.columns import COLUMNS
from roomreel.catalog.columns.column import (
    BOOL,
    FLOAT,
    INT,
    STRING,
    TIME,
    Column,
    Kind,
    ListOf,
    Scalar,
    Struct,
)
from roomreel.errors import CatalogError
from roomreel.model.table import Row, Table

# The last version that changed what values mean, without a column: see `upgrade`.
_VALUES_SINCE = 3

VERSION = str(max(_VALUES_SINCE, *(one.since for table in Table for one in COLUMNS[table])))
NEWER_REMEDY = "update roomreel on this machine"

# The version of the engine is a column of each row: files stay as they are when it goes up.
_METADATA: dict[bytes | str, bytes | str] = {"roomreel.catalog": VERSION}

_SCALARS: Mapping[Kind, pa.DataType] = {
    STRING: pa.string(),
    INT: pa.int64(),
    FLOAT: pa.float64(),
    BOOL: pa.bool_(),
    TIME: pa.timestamp("us", "UTC"),
}


def _type(kind: Kind) -> pa.DataType:
    match kind:
        case ListOf(element):
            # Parquet names the field of a list so: what is read back is equal.
            return pa.list_(pa.field("element", _type(element)))
        case Struct(members):
            return pa.struct([(name, _type(member)) for name, member in members])
        case Scalar():
            return _SCALARS[kind]


def _field(column: Column[Any]) -> pa.Field[Any]:
    """Return the field of a schema, which describes itself."""
    about = {"comment": column.meaning, "unit": column.unit, "from": column.source}
    metadata = {name: text for name, text in about.items() if text}
    return pa.field(column.name, _type(column.kind), metadata=metadata)


SCHEMAS: Mapping[Table, pa.Schema] = {
    table: pa.schema(map(_field, COLUMNS[table]), metadata=_METADATA) for table in Table
}

# Columns that earlier versions had: they are read, and no longer written.
RETIRED: Mapping[Table, frozenset[str]] = {Table.COMPOSITIONS: frozenset({"history"})}


def version_of(schema: pa.Schema) -> int:
    """Return the version of the catalogs that a file says it is of; 0 where it says none."""
    said = (schema.metadata or {}).get(b"roomreel.catalog", b"")
    return int(said) if said.isdigit() else 0


def refuse_newer(version: int, what: str) -> None:
    """Refuse to write in a version that is older than what is there.

    Args:
        what: which is of that version.

    Raises:
        CatalogError: a newer roomreel has written it.
    """
    if version > int(VERSION):
        raise CatalogError(
            f"written by a newer roomreel: {what} is of catalog version {version}, and this one"
            f" knows {VERSION}",
            NEWER_REMEDY,
        )


def is_of_today(table: Table, schema: pa.Schema) -> bool:
    """Return whether a file has the schema that this engine writes, of the same version."""
    return version_of(schema) == int(VERSION) and schema.equals(SCHEMAS[table])


def tabled(table: Table, rows: list[Row]) -> pa.Table:
    """Return the rows in the schema of their table, in their order; what they leave out is null.

    Raises:
        CatalogError: a value does not fit its column.
    """
    try:
        return pa.Table.from_pylist(rows, schema=SCHEMAS[table])
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise CatalogError(f"a row does not fit the table {table}: {error}") from error


def normalised(table: Table, rows: list[Row]) -> list[Row]:
    """Return the rows as a catalog file would give them back: every column, exact types.

    Raises:
        CatalogError: a value does not fit its column.
    """
    return tabled(table, rows).to_pylist()
