"""The merge of changes into a partition: the rows that stand. Pure.

The outcome does not depend on the order in which changes arrive, nor on how they are split over
merges, nor on how often one is merged: writers need no agreement beyond it. (`rev` counts the
merges that changed a row, so it does depend on the split; it only ever grows.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from roomreel.model.table import Row, Table

Combine = Callable[[Any, Any], Any]


def _union(one: list[str] | None, other: list[str] | None) -> list[str]:
    return sorted({*(one or ()), *(other or ())})


# Columns that gather what every change brings, whichever row stands. A digest once in
# `templates_done` stays: its composition is not made again even after it was deleted; and a
# recording that was purged has no row again.
GATHERED: Mapping[Table, Mapping[str, Combine]] = {
    Table.ROOMS: {"templates_done": _union, "recordings_purged": _union},
    Table.RECORDINGS: {},
    Table.COMPOSITIONS: {},
    Table.ATTEMPTS: {},
    Table.TALK: {},
}


def merge(table: Table, standing: Mapping[str, Row], changes: Iterable[Row]) -> dict[str, Row]:
    """Return the rows by sid after `changes`; an older one, or one merged before, adds nothing.

    Rows must be normalised. `rev` of a change is ignored: it is the standing row's + 1.
    """
    merged = dict(standing)
    for row in changes:
        merged[row["sid"]] = _joined(table, merged.get(row["sid"]), row)
    for sid, row in merged.items():
        before = standing.get(sid)
        if before is None or _says(row) != _says(before):
            merged[sid] = row | {"rev": 1 + (before["rev"] if before else 0)}
        else:
            merged[sid] = before
    return merged


def merged(table: Table, before: pa.Table, changes: pa.Table) -> pa.Table:
    """Return the rows after `changes`, sorted by sid; `before` itself where none of them counts.

    Rows become Python's only where two meet: for 1000 new compositions that takes 0.4 s.
    """
    others, standing = pick(before, changes["sid"])
    single, several = pick(changes, _meeting(table, standing, changes))
    was = {row["sid"]: row for row in standing.to_pylist()}
    now = merge(table, was, several.to_pylist())
    if now == was and not single.num_rows:
        return before
    rev = single.schema.get_field_index("rev")
    first = single.set_column(rev, single.field(rev), pa.array([1] * len(single), pa.int64()))
    met = pa.Table.from_pylist(list(now.values()), schema=before.schema)
    return pa.concat_tables([others, first, met]).sort_by("sid")


def pick(rows: pa.Table, sids: pa.ChunkedArray[Any]) -> tuple[pa.Table, pa.Table]:
    """Split rows into those of other sids, and those of `sids`."""
    wanted = _is_of(rows, sids)
    if not pc.any(wanted).as_py():
        return rows, rows.slice(0, 0)  # most commits: new rows beside old ones, nothing copied
    return rows.filter(pc.invert(wanted)), rows.filter(wanted)


def superseded(table: Table, rows: pa.Table, after: pa.Table) -> dict[str, Row | None]:
    """Return the rows of a commit that do not stand after it, by sid, with what stands for each.

    Gathered columns and `rev` aside: they are not the row's alone.
    """
    standing = after.filter(_is_of(after, rows["sid"]))
    aside = ["rev", *GATHERED[table]]
    if rows.sort_by("sid").drop_columns(aside).equals(standing.drop_columns(aside)):
        return {}
    stands = {row["sid"]: row for row in standing.to_pylist()}
    return {
        row["sid"]: stands.get(row["sid"])
        for row in rows.to_pylist()
        if row["sid"] not in stands
        or _values_of(table, row) != _values_of(table, stands[row["sid"]])
    }


def supersedes(table: Table, row: Row, standing: Row) -> bool:
    """Return whether `row` takes the place of `standing`.

    `deleted` beats everything, and the first deletion stands. Else the later of (attempts,
    updated_at) does; a tie is decided by what the rows say, for a stored row does not remember
    the journal entry it came from.
    """
    if _is_deleted(row) != _is_deleted(standing):
        return _is_deleted(row)
    older, newer = (row, standing) if _is_deleted(row) else (standing, row)
    if _age(older) != _age(newer):
        return _age(older) < _age(newer)
    return _content(table, older) < _content(table, newer)


def _is_of(rows: pa.Table, sids: pa.ChunkedArray[Any]) -> pa.BooleanArray:
    return pc.is_in(rows["sid"], value_set=sids.combine_chunks())


def _meeting(table: Table, standing: pa.Table, changes: pa.Table) -> pa.ChunkedArray[Any]:
    """Return the sids of changes that a row stands for, or that have several, or that gather."""
    if GATHERED[table]:
        return changes["sid"]
    counted = changes.group_by("sid").aggregate([([], "count_all")])
    several = counted.filter(pc.field("count_all") > 1)["sid"]
    return pa.chunked_array([*standing["sid"].chunks, *several.chunks], pa.string())


def _joined(table: Table, before: Row | None, row: Row) -> Row:
    stands = row if before is None or supersedes(table, row, before) else before
    gathered = {
        column: combine(before and before[column], row[column])
        for column, combine in GATHERED[table].items()
    }
    return stands | gathered


def _says(row: Row) -> Row:
    return row | {"rev": None}


def _is_deleted(row: Row) -> bool:
    return bool(row["status"] == "deleted")


def _age(row: Row) -> tuple[int, datetime]:
    return (row.get("attempts") or 0, row["updated_at"])


def _content(table: Table, row: Row) -> str:
    return json.dumps(_values_of(table, row), sort_keys=True, default=str)


def _values_of(table: Table, row: Row) -> Row:
    aside = {"rev", *GATHERED[table]}
    return {column: value for column, value in row.items() if column not in aside}
