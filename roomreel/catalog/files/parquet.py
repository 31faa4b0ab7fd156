"""The bytes of a partition. Pure.

A commit decodes and encodes only the row groups that its rows lie in; the pages of the others are
taken over as they are (`splice`).

A new file begins with all the bytes of the one it replaces; only its footer refers to nothing but
the new rows. DuckDB and Polars open a file by its path two or three times in one scan: footer
first, pages later. Where a file was replaced between, they read pages of the new file at places
that the old footer gave: 1 to 10 scans in 100 failed, some gave wrong rows (DuckDB 1.5 and 2.0,
Polars 1.44 and 2.1, a commit each 2 to 50 ms). With the old bytes where they were such a scan gives
the old rows, whole.
"""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from roomreel.catalog.columns import COLUMNS
from roomreel.catalog.files.splice import Group, groups_of, splice
from roomreel.catalog.schema.tables import RETIRED, SCHEMAS, is_of_today, refuse_newer, version_of
from roomreel.errors import CatalogError
from roomreel.model.table import Partition, Table

# Sorted by sid, a lookup reads one group: 33 ms in a million rows, with groups of 100 000 150 ms.
# A group has between 2/3 and 3/2 of it; only one that is alone in its file may have fewer.
ROW_GROUP = 10_000

# Beyond this, and twice what is live in it, a file starts from scratch, and a scan that is between
# two opens at that moment may fail. A night of thousands of compositions stays below.
_MOST_KEPT = 32 * 2**20

_REPEATING = sorted({path for table in Table for one in COLUMNS[table] for path in one.repeating})


@dataclass(frozen=True, slots=True)
class Part:
    """The file of a partition, its rows not yet decoded.

    Attributes:
        data: its bytes; None where there is no file.
        groups: its row groups that have rows.
        places: which ones of the file those are.
        firsts: the smallest sid of each; none where the file has another schema than today's, so
            that all of it is to be written again.
    """

    partition: Partition
    data: bytes | None
    groups: Sequence[Group]
    places: Sequence[int]
    firsts: Sequence[str]

    def touched(self, sids: Iterable[str]) -> list[int]:
        """Return the numbers of the row groups in which these sids are, or belong."""
        if not self.firsts:
            return list(range(len(self.groups)))
        return sorted({self._place(sid) for sid in sids})

    def read(self, numbers: Collection[int]) -> pa.Table:
        """Return the rows of these row groups, in the schema of the table.

        Raises:
            CatalogError: they cannot be read.
        """
        return decode(self.partition, self.data, [self.places[number] for number in numbers])

    def replaced(
        self, numbers: Collection[int], rows: pa.Table, *, from_scratch: bool = False
    ) -> bytes:
        """Return the file with `rows` in the place of some row groups.

        Args:
            numbers: of those groups, from `touched`.
            rows: in the schema of the table, sorted by sid; each belongs into one of them.
            from_scratch: of the bytes of this file only the pages of the other groups stay.
        """
        groups = _encoded(self._in_order(frozenset(numbers), rows))
        if not groups:
            return encode(rows)
        live = sum(group.size_bytes for group in groups)
        if from_scratch or self.data is None or len(self.data) > max(_MOST_KEPT, 2 * live):
            return splice(groups)
        return splice(groups, self.data)

    def _place(self, sid: str) -> int:
        return max(bisect_right(self.firsts, sid) - 1, 0)

    def _in_order(self, gone: Collection[int], rows: pa.Table) -> Iterator[Group | pa.Table]:
        """Yield the groups that stay, and between them the rows, cut into new ones."""
        start = 0
        for number, group in enumerate(self.groups):
            if number in gone:
                continue
            end = bisect_left(rows["sid"], self.firsts[number], key=pa.StringScalar.as_py)
            yield from _slices(rows.slice(start, end - start))
            yield group
            start = end
        yield from _slices(rows.slice(start))


def part_of(partition: Partition, data: bytes | None) -> Part:
    """Return the file of a partition.

    Raises:
        CatalogError: it is not a file of this table.
    """
    if data is None:
        return Part(partition, None, (), (), ())
    with _ours(partition):
        about = pq.read_metadata(pa.BufferReader(data))
        groups = groups_of(data)
        abouts = [about.row_group(number) for number in range(about.num_row_groups)]
        places = [number for number, of in enumerate(abouts) if of.num_rows]
        schema = _checked(about.schema.to_arrow_schema(), partition)
        of_today = is_of_today(partition.table, schema)
        sids = [abouts[number].column(0).statistics for number in places] if of_today else []
    firsts = [str(sid.min) for sid in sids if sid]
    return Part(partition, data, [groups[number] for number in places], places, firsts)


def encode(table: pa.Table) -> bytes:
    """Return a Parquet file of the table, whose rows must be sorted by sid."""
    groups = _encoded(_slices(table))
    return splice(groups) if groups else _written(table)


def decode(
    partition: Partition, data: bytes | None, groups: Sequence[int] | None = None
) -> pa.Table:
    """Return the rows of a partition in the schema of its table; no row where there is no file.

    Columns an older engine did not know are null.

    Args:
        partition: whose.
        data: its file.
        groups: only the rows of these row groups; unset: all.

    Raises:
        CatalogError: it is not a file of this table.
    """
    schema = SCHEMAS[partition.table]
    if data is None:
        return schema.empty_table()
    with _ours(partition):
        file = pq.ParquetFile(pa.BufferReader(data))
        stored = file.read() if groups is None else file.read_row_groups(list(groups))
        _checked(stored.schema, partition)
        columns = [
            stored[field.name].cast(field.type)
            if field.name in stored.column_names
            else pa.nulls(stored.num_rows, field.type)
            for field in schema
        ]
        return pa.Table.from_arrays(columns, schema=schema)


def _encoded(parts: Iterable[Group | pa.Table]) -> list[Group]:
    """Return the parts as row groups, tables encoded one a thread."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [
            part if isinstance(part, Group) else pool.submit(_written, part) for part in parts
        ]
        return [
            part if isinstance(part, Group) else groups_of(part.result())[0] for part in running
        ]


def _written(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        use_dictionary=_REPEATING,  # type: ignore[arg-type]  # the stubs know bool only
        write_statistics=True,
        write_page_index=True,
        sorting_columns=[pq.SortingColumn(table.schema.get_field_index("sid"))],
    ) as writer:
        writer.write_table(table, row_group_size=max(table.num_rows, 1))
    return sink.getvalue().to_pybytes()


def _slices(rows: pa.Table) -> Iterator[pa.Table]:
    """Yield equal slices, each about as large as a row group is."""
    count = max(round(rows.num_rows / ROW_GROUP), min(rows.num_rows, 1))
    for number in range(count):
        start, end = (rows.num_rows * at // count for at in (number, number + 1))
        yield rows.slice(start, end - start)


def _checked(stored: pa.Schema, partition: Partition) -> pa.Schema:
    refuse_newer(version_of(stored), f"{partition}/part.parquet")
    known = {*SCHEMAS[partition.table].names, *RETIRED.get(partition.table, ())}
    foreign = sorted(set(stored.names) - known)
    if foreign or "sid" not in stored.names:
        raise ValueError(f"unknown columns: {', '.join(foreign)}" if foreign else "no column sid")
    return stored


@contextmanager
def _ours(partition: Partition) -> Iterator[None]:
    """Say of which partition it is that bytes are no file of this catalog."""
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise CatalogError(
            f"{partition}/part.parquet is not a file of this catalog: {error}",
            "move it away or restore it, then run roomreel catalog recover; "
            "what was to be recorded waits in the journal",
        ) from error
