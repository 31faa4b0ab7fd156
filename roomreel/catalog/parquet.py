"""The bytes of a partition. Pure.

A new file begins with all the bytes of the one it replaces; only its footer tells of nothing but
the new rows. DuckDB and Polars open a file by its path two or three times in one scan: footer
first, pages later. Where a file was replaced between, they read pages of the new file at places
that the old footer gave: 1 to 10 scans in 100 failed, some gave wrong rows (DuckDB 1.5 and 2.0,
Polars 1.44 and 2.1, a commit each 2 to 50 ms). With the old bytes where they were such a scan gives
the old rows, whole.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from roomreel.catalog.tables import SCHEMAS, Partition, Row
from roomreel.errors import CatalogError

# Sorted by sid, a lookup reads one group: 33 ms in a million rows, with groups of 100 000 150 ms.
ROW_GROUP = 10_000


# Beyond this a file starts afresh, and a scan that is between two opens at that moment may fail.
# A night of thousands of compositions stays below.
_MOST_KEPT = 32 * 2**20

_MAGIC = b"PAR1"


def encode(table: pa.Table, before: bytes | None = None) -> bytes:
    """A Parquet file of the table, whose rows must be sorted by sid.

    Args:
        table: in the schema of its table.
        before: the file it replaces, or None; without it no byte of what was there stays.
    """
    kept = before if before is not None and len(before) <= _MOST_KEPT else _MAGIC
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        write_statistics=True,
        write_page_index=True,
        sorting_columns=[pq.SortingColumn(table.schema.get_field_index("sid"))],
    ) as writer:
        # Opening has written the magic number, with which the old file begins too. All offsets
        # are counted from the start of the sink.
        sink.write(kept[len(_MAGIC) :])
        writer.write_table(table, row_group_size=ROW_GROUP)
    return sink.getvalue().to_pybytes()


def decode(partition: Partition, data: bytes | None) -> pa.Table:
    """The rows of a partition in the schema of its table; no row where there is no file.

    Columns an older engine did not know are null.

    Raises:
        CatalogError: it is not a file of this table.
    """
    schema = SCHEMAS[partition.table]
    if data is None:
        return schema.empty_table()
    try:
        stored = pq.read_table(pa.BufferReader(data))
        return _conformed(stored, schema)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise CatalogError(
            f"{partition}/part.parquet is not a file of this catalog: {error}",
            "move it away or restore it, then run roomreel catalog recover; "
            "what was to be recorded waits in the journal",
        ) from error


def pick(table: pa.Table, sids: list[str]) -> tuple[pa.Table, dict[str, Row]]:
    """Split a table into the rows of other sids, and the rows of `sids` by sid."""
    wanted = pc.is_in(table["sid"], value_set=pa.array(sids, pa.string()))
    picked = table.filter(wanted).to_pylist()
    return table.filter(pc.invert(wanted)), {row["sid"]: row for row in picked}


def put(others: pa.Table, rows: Mapping[str, Row]) -> pa.Table:
    """The table with `rows` added, sorted by sid."""
    added = pa.Table.from_pylist(list(rows.values()), schema=others.schema)
    return pa.concat_tables([others, added]).sort_by("sid")


def _conformed(stored: pa.Table, schema: pa.Schema) -> pa.Table:
    foreign = sorted(set(stored.column_names) - set(schema.names))
    if foreign or "sid" not in stored.column_names:
        raise ValueError(f"unknown columns: {', '.join(foreign)}" if foreign else "no column sid")
    columns = [
        stored[field.name].cast(field.type)
        if field.name in stored.column_names
        else pa.nulls(stored.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
