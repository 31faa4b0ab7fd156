"""Attempts that files and journal entries of earlier versions of the catalogs know of. Pure.

Version 3 had the list `history` in the row of a composition, and versions before it the last
outcome alone. Before such a file or entry goes, its attempts get rows of their own. Written twice
they are the same rows, so that a kill in between adds none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from roomreel.catalog.attempts import ABOUT, of_row
from roomreel.catalog.files import journal
from roomreel.catalog.rows import Stamp
from roomreel.catalog.schema.tables import version_of
from roomreel.catalog.schema.upgrade import upgraded
from roomreel.model.table import Partition, Row, Table

# From this version on attempts have a table.
_SINCE = 4

_READ = ("sid", "status", "flow_run_id", "date_completed", "history", *ABOUT)


def attempts_in(
    partition: Partition, file: bytes | None, entries: Iterable[bytes], staying: pa.Table
) -> list[Row]:
    """Return the attempts at compositions that nothing knows of when these bytes are gone.

    Args:
        partition: of which they are.
        file: Parquet of it that can be read; None: it stays.
        entries: of its journal, likewise.
        staying: the rows of the partition afterwards: what was purged has no attempts.
    """
    if partition.table is not Table.COMPOSITIONS:
        return []
    rows = [*(_of_file(file) if file else ()), *chain.from_iterable(map(_of_entry, entries))]
    sids = set(staying["sid"].to_pylist()) if rows else set()
    found = (attempt for row in rows if row["sid"] in sids for attempt in attempts_of(row))
    return list({attempt["sid"]: attempt for attempt in found}.values())


def attempts_of(row: Row) -> Iterator[Row]:
    """Yield the attempts that the row of a composition of an earlier version knows of."""
    last = {name: row.get(column) for name, column in _LAST.items()}
    for one in row.get("history") or ([] if row["status"] == "deleted" else [last]):
        if one["time"] is not None:
            time = _instant(one["time"])
            of_then = row | {column: one[name] for name, column in _LAST.items()}
            # By which engine, only the last one would know.
            attempt = of_row(of_then, time, Stamp(time, one["flow_run_id"]))
            yield attempt | {"engine_version": None}


# Of an outcome in `history`: the column that has the same of the last one.
_LAST = {
    "time": "date_completed",
    "flow_run_id": "flow_run_id",
    "status": "status",
    "code": "failure_code",
    "message": "failure_message",
}


def _of_file(data: bytes) -> list[Row]:
    file = pq.ParquetFile(pa.BufferReader(data))
    if version_of(file.schema_arrow) >= _SINCE:
        return []
    known = {*_READ}.intersection(file.schema_arrow.names)
    return upgraded(Table.COMPOSITIONS, file.read(sorted(known))).to_pylist()


def _of_entry(data: bytes) -> list[Row]:
    rows = journal.rows_before(_SINCE, data)
    return upgraded(Table.COMPOSITIONS, pa.Table.from_pylist(rows)).to_pylist() if rows else []


def _instant(value: Any) -> datetime:
    """Return an instant; those of a journal entry are text."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value
