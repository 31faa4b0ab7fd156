"""Rows of one partition, for who keeps a copy of the catalogs: which changed, and those alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from roomreel.catalog.reader import Reader, arrow_errors
from roomreel.catalog.schema.tables import version_of
from roomreel.model.table import Partition, Row

Mark = tuple[int, int]
"""Of a row: `rev`, and `updated_at` in microseconds since 1970; another one after each change."""

# Megabytes of Python's own objects; and a transaction of who writes them elsewhere.
_AT_ONCE = 500


class PartRows:
    """The file of a partition, opened once: all that is read of it is of one state.

    Every method may raise `CatalogError` of a damaged file, and `Replaced` where it is in S3 and
    another one is there by now.
    """

    def __init__(self, reader: Reader, partition: Partition) -> None:
        self._what = str(partition)
        self._file = reader.file(partition)

    @property
    def version(self) -> int:
        """Return the version of the catalogs that wrote it."""
        return version_of(self._file.schema_arrow)

    def marks(self) -> Iterator[dict[str, Mark]]:
        """Yield the marks of all rows by sid, those of one row group at a time."""
        for group in range(self._file.num_row_groups):
            with arrow_errors(self._what):
                rows = self._file.read_row_group(group, ["sid", "rev", "updated_at"])
                when = rows["updated_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
                marks = zip(_counts(rows["rev"]), _counts(when), strict=True)
                found = dict(zip(map(str, rows["sid"].to_pylist()), marks, strict=True))
            yield found

    def rows(self, sids: Collection[str], columns: Sequence[str]) -> Iterator[list[Row]]:
        """Yield the rows of these sids, some at a time; columns that the file lacks are left out.

        Args:
            columns: with `sid` among them.
        """
        wanted = pa.array(sorted(sids), pa.string())
        for group in range(self._file.num_row_groups if sids else 0):
            yield from self._of_group(group, wanted, columns)

    def sums(self, by: str, columns: Sequence[str]) -> dict[str, dict[str, float]]:
        """Return the number of rows, as `rows`, and sums of columns, by the values of a column.

        Args:
            columns: of numbers; null counts as zero, and so does what the file lacks.
        """
        known = [name for name in columns if name in self._file.schema_arrow.names]
        sums: list[Any] = [([], "count_all"), *((name, "sum") for name in known)]
        with arrow_errors(self._what):
            found = self._file.read([by, *known]).group_by(by).aggregate(sums).to_pylist()
        return {
            str(row[by]): {"rows": row["count_all"]}
            | {name: row.get(f"{name}_sum") or 0 for name in columns}
            for row in found
        }

    def _of_group(
        self, group: int, wanted: pa.StringArray, columns: Sequence[str]
    ) -> Iterator[list[Row]]:
        with arrow_errors(self._what):
            there = self._file.read_row_group(group, ["sid"])["sid"]
            if not pc.any(pc.is_in(there, value_set=wanted)).as_py():
                return
        known = [name for name in columns if name in self._file.schema_arrow.names]
        batches = self._file.iter_batches(_AT_ONCE, [group], known)
        while rows := self._next(batches, wanted):
            yield rows

    def _next(self, batches: Iterator[pa.RecordBatch], wanted: pa.StringArray) -> list[Row]:
        with arrow_errors(self._what):
            for batch in batches:
                chosen = batch.filter(pc.is_in(batch["sid"], value_set=wanted))
                if chosen.num_rows:
                    return chosen.to_pylist()
        return []


def _counts(column: pa.ChunkedArray[Any]) -> list[int]:
    return [int(value or 0) for value in column.to_pylist()]
