"""Which rows stand when changes meet a partition. Pure.

The outcome does not depend on the order in which changes arrive, nor on how they are split over
merges, nor on how often one is merged: writers need no agreement beyond it. (`rev` counts the
merges that changed a row, so it does depend on the split; it only ever grows.)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from roomreel.catalog.tables import Row, Table

Combine = Callable[[Any, Any], Any]


def _union(one: list[str] | None, other: list[str] | None) -> list[str]:
    return sorted({*(one or ()), *(other or ())})


# Columns that gather what every change brings, whichever row stands. A digest once in
# `templates_done` stays: its composition is not made again even after it was deleted.
GATHERED: Mapping[Table, Mapping[str, Combine]] = {
    Table.ROOMS: {"templates_done": _union},
    Table.RECORDINGS: {},
    Table.COMPOSITIONS: {},
}


def merge(table: Table, standing: Mapping[str, Row], changes: Iterable[Row]) -> dict[str, Row]:
    """The rows by sid after `changes`; an older change, or one merged before, changes nothing.

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


def same(table: Table, one: Row, other: Row) -> bool:
    """Whether two rows say the same, gathered columns and `rev` aside."""
    return _told(table, one) == _told(table, other)


def supersedes(table: Table, row: Row, standing: Row) -> bool:
    """Whether `row` takes the place of `standing`.

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
    return json.dumps(_told(table, row), sort_keys=True, default=str)


def _told(table: Table, row: Row) -> Row:
    aside = {"rev", *GATHERED[table]}
    return {column: value for column, value in row.items() if column not in aside}
