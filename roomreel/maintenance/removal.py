"""Deleting compositions and recordings: the row first, then the media.

With the last recording of a participant goes the avatar, and with the last of a room the file of
its events, which are as personal.

A kill in between leaves media that a deleted row names; the retention flow removes them. Media
that are gone already are no failure. What is not the medium of a deleted row alone stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.deletion import delete
from roomreel.catalog.queries.conditions import column
from roomreel.compose.publish import is_stored, stored_files
from roomreel.errors import RoomreelError, StorageFailed
from roomreel.maintenance.protected import Guard
from roomreel.maintenance.published import published_files
from roomreel.model.location import Location, is_url
from roomreel.model.table import Row, Table, composition_days
from roomreel.settings.rendering import Sources
from roomreel.storage import remove, resolve_media_path, stat
from roomreel.storage.failure import storage_errors
from roomreel.storage.location import location_of

COLUMNS: Mapping[Table, list[str]] = {
    Table.COMPOSITIONS: [
        "sid",
        "media_url",
        "media_external_location",
        "size_bytes",
        "media_sha256",
    ],
    Table.RECORDINGS: ["sid", "room_sid", "media_url"],
}
"""What has to be known of deleted rows to find their media."""


@dataclass(frozen=True, slots=True)
class Removed:
    """Media of deleted rows.

    Attributes:
        files: how many were removed.
        problems: media that could not be removed; the retention flow tries again.
        kept: a sentence for each medium that stays, because it is not that of the row alone.
    """

    files: int
    problems: tuple[RoomreelError, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Removal(Removed):
    """Rows that are deleted now, as they stand, and their media."""

    rows: tuple[Row, ...]


def remove_all(
    catalog: Catalog, table: Table, sids: Iterable[str], settings: Sources, now: datetime
) -> Removal:
    """Delete compositions or recordings and their media; safe to repeat and to kill.

    Raises:
        StorageFailed: the rows cannot be written; no media was removed.
        CatalogError: likewise.
    """
    rows = delete(catalog, table, sids, now)
    done = remove_media(catalog, table, rows, settings)
    return Removal(done.files, done.problems, done.kept, tuple(rows))


def remove_media(catalog: Catalog, table: Table, rows: Sequence[Row], settings: Sources) -> Removed:
    """Remove what belongs to deleted rows and is still there.

    Args:
        rows: with the columns of `COLUMNS`.

    Raises:
        StorageFailed: the catalog, or the store of compositions, cannot be read.
        CatalogError: likewise.
    """
    removed = 0
    problems: list[RoomreelError] = []
    kept: list[str] = []
    for found in _left(catalog, table, rows, settings):
        try:
            match found:
                case StorageFailed():
                    problems.append(found)
                case str():
                    kept.append(found)
                case _:
                    remove(found)
                    removed += 1
        except StorageFailed as error:
            problems.append(error)
    return Removed(removed, tuple(problems), tuple(kept))


def media_left(
    catalog: Catalog, table: Table, rows: Sequence[Row], settings: Sources
) -> Iterator[Location]:
    """Yield what `remove_media` would remove; media that cannot be looked at are left out."""
    for found in _left(catalog, table, rows, settings):
        if not isinstance(found, StorageFailed | str):
            yield found


# A file to be removed, why one stays, or why that is not known.
Left = Location | str | StorageFailed


def _left(catalog: Catalog, table: Table, rows: Sequence[Row], settings: Sources) -> Iterator[Left]:
    """Yield the files that are still there of deleted rows."""
    used = _used(catalog, rows)
    alone = [row for row in rows if row["media_url"] not in used]
    yield from (f"{url} stays: another row has it, too" for url in sorted(used))
    if table is Table.COMPOSITIONS:
        yield from _in_store(rows, settings)
        for row in alone:
            yield from _found(partial(_elsewhere, row, settings))
    else:
        guard = Guard(catalog, settings)
        for row in alone:
            yield from _found(partial(_recording, row, guard))
        rooms = catalog.find(Table.ROOMS, {row["room_sid"] for row in rows})
        for room in rooms.values():
            yield from _found(partial(_beside, room, guard))


def _found(find: Callable[[], Iterable[Left]]) -> list[Left]:
    try:
        return list(find())
    except StorageFailed as error:
        return [error]


def _used(catalog: Catalog, rows: Sequence[Row]) -> set[str]:
    """Return the media that another row, not deleted, names: of either table."""
    urls = sorted({row["media_url"] for row in rows} - {None})
    where = column("media_url").isin(urls) & (column("status") != "deleted")
    found = [catalog.read(table, where, ["media_url"]) for table in COLUMNS] if urls else []
    return {str(url) for one in found for url in one["media_url"].to_pylist()}


def _in_store(rows: Sequence[Row], settings: Sources) -> Iterator[Location]:
    """Yield every file in the store that has the sid of a row in its name, the media last.

    Whatever the row says: one that failed names no file, and may have left some.
    """
    sids = {row["sid"] for row in rows}
    found: dict[str, list[Location]] = defaultdict(list)
    for file in published_files(settings.compositions_root.absolute(), composition_days(sids)):
        if file.sid in sids:
            found[file.sid].append(file.place)
    for places in found.values():
        yield from sorted(places, key=lambda place: (-place.name.count("."), place.name))


def _elsewhere(row: Row, settings: Sources) -> Iterator[Left]:
    """Yield files of a composition that are outside the store, or of an earlier store.

    What is in a bucket of others is theirs.
    """
    if row["media_url"] is None or row["media_external_location"] is not None:
        return
    place = location_of(row["media_url"])
    if place.parent.parent == settings.compositions_root.absolute():
        return
    there = stat(place)
    if there and not is_stored(str(place), row["size_bytes"], _digest(row, place)):
        yield f"{place} stays: it is not the file that was composed"
        return
    yield from (file for file in stored_files(place) if stat(file))


def _digest(row: Row, place: Location) -> str | None:
    # An object would have to come here for it, all of it.
    return row["media_sha256"] if isinstance(place, Path) else None


def _recording(row: Row, guard: Guard) -> Iterator[Left]:
    url = row["media_url"]
    if url is None or not (is_url(url) or Path(url).is_absolute()):
        return  # there was no file: this is what the manifest says, from where it lies
    # It is known to have been inside the roots when it was recorded; they may have changed.
    place = resolve_media_path("", url, guard.settings.media_folders)
    if stat(place):
        yield guard.reason(row["room_sid"], row["sid"], place) or place


def _is_file(place: Location) -> bool:
    """Return whether there is a file; what a manifest names may be a folder, too."""
    if isinstance(place, Path):
        with storage_errors("look at", place):
            return place.is_file()
    return stat(place) is not None


def _beside(room: Row, guard: Guard) -> Iterator[Left]:
    """Yield avatars of people, and the events of a room, of which every recording is deleted."""
    url = room["manifest_url"] or ""
    # One that was named by a relative path cannot be found again.
    named = guard.files_beside(url) if is_url(url) or Path(url).is_absolute() else ()
    for place, claim in named:
        if claim.room_sid == room["sid"] and guard.is_over(claim) and _is_file(place):
            used = _used(guard.catalog, [{"media_url": str(place)}])
            kept = f"{place} stays: a recording has it, too" if used else ""
            yield kept or guard.reason(claim.room_sid, claim.sid, place) or place
