"""Deleting compositions and recordings: the row first, then the media.

A kill in between leaves media that a deleted row tells of; the retention flow removes them. Media
that are gone already are no failure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow.dataset as ds

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.deletion import delete
from roomreel.catalog.tables import Row, Table
from roomreel.errors import RoomreelError, StorageFailed
from roomreel.files import stored_files
from roomreel.model.place import Place, place_of
from roomreel.settings import Settings
from roomreel.storage import remove, resolve_media, stat


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of it.

    Attributes:
        rows: those that are deleted now, as they stand.
        files: how many were removed.
        problems: media that could not be removed; the retention flow tries again.
    """

    rows: tuple[Row, ...]
    files: int
    problems: tuple[RoomreelError, ...]


def remove_all(
    catalog: Catalog, table: Table, sids: Iterable[str], settings: Settings, now: datetime
) -> Removal:
    """Delete compositions or recordings and their media; safe to repeat and to kill.

    Raises:
        StorageFailed: the rows cannot be written; no media was removed.
        CatalogError: likewise.
    """
    rows = delete(catalog, table, sids, now)
    files, problems = remove_media(catalog, table, rows, settings)
    return Removal(tuple(rows), files, tuple(problems))


def remove_media(
    catalog: Catalog, table: Table, rows: Sequence[Row], settings: Settings
) -> tuple[int, list[RoomreelError]]:
    """Remove what deleted rows tell of and is still there.

    Returns:
        How many files, and why others could not be.

    Raises:
        StorageFailed: the catalog cannot be read.
        CatalogError: likewise.
    """
    used = _used(catalog, table, rows)
    removed = 0
    problems: list[RoomreelError] = []
    for row in rows:
        if row["media_url"] is None or row["media_url"] in used:
            continue
        try:
            removed += sum(map(_removed, _PLACES[table](row["media_url"], settings)))
        except StorageFailed as error:
            problems.append(error)
    return removed, problems


def media_left(
    catalog: Catalog, table: Table, rows: Sequence[Row], settings: Settings
) -> Iterator[str]:
    """The media of deleted rows that are still there; those that cannot be looked at are not."""
    used = _used(catalog, table, rows)
    for row in rows:
        if row["media_url"] is None or row["media_url"] in used:
            continue
        try:
            yield from (
                str(place) for place in _PLACES[table](row["media_url"], settings) if stat(place)
            )
        except StorageFailed:
            continue


def _used(catalog: Catalog, table: Table, rows: Sequence[Row]) -> set[str]:
    """Those of their media that another row, not deleted, tells of too."""
    urls = sorted({row["media_url"] for row in rows} - {None})
    where = ds.field("media_url").isin(urls) & (ds.field("status") != "deleted")
    found = catalog.read(table, where, ["media_url"]) if urls else None
    return set(map(str, found["media_url"].to_pylist())) if found else set()


def _removed(place: Place) -> bool:
    was_there = stat(place) is not None
    remove(place)
    return was_there


def _of_composition(url: str, _settings: Settings) -> list[Place]:
    # The medium comes last: what is left after a kill is found by it.
    return stored_files(place_of(url))


def _of_recording(url: str, settings: Settings) -> list[Place]:
    # It is known to have been inside the roots when it was recorded; they may have changed.
    return [resolve_media("", url, settings.media_roots)]


_PLACES: Mapping[Table, Callable[[str, Settings], list[Place]]] = {
    Table.COMPOSITIONS: _of_composition,
    Table.RECORDINGS: _of_recording,
}
