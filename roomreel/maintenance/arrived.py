"""Folders of rooms that came by the API: they go when all that they had was purged."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.queries.conditions import column
from roomreel.documents.manifest import parse_manifest
from roomreel.errors import DocumentInvalid
from roomreel.model.location import Location
from roomreel.model.room import RoomStatus
from roomreel.model.table import Row, Table, purged_digest
from roomreel.settings.places import Places
from roomreel.storage.rooms import MANIFEST
from roomreel.storage.stores import store_of

_COLUMNS = ["sid", "recording_count", "recordings_purged"]


def forget_rooms(catalog: Catalog, settings: Places, *, dry_run: bool = False) -> int:
    """Remove what is left in the folders of rooms of which every recording was purged.

    The manifest goes last: what a kill leaves is found by it. Media were removed as their
    recordings were deleted.

    Returns:
        How many folders there were.

    Raises:
        StorageFailed, CatalogError: they cannot be looked at.
    """
    count = 0
    for folder in _over(catalog, settings):
        store = store_of(folder)
        files = sorted(store.list(folder), key=lambda one: one.location.name == MANIFEST)
        for file in () if dry_run else files:
            store.remove(file.location)
        if isinstance(folder, Path) and not dry_run:
            with suppress(OSError):  # something is on its way into it
                folder.rmdir()
        count += bool(files)
    return count


def _over(catalog: Catalog, settings: Places) -> Iterator[Location]:
    some: Any = column("recordings_purged").is_valid()
    for row in catalog.read(Table.ROOMS, some, _COLUMNS).to_pylist():
        folder = settings.rooms_root / str(row["sid"])
        if _is_purged(row, folder):
            yield folder


def _is_purged(row: Row, folder: Location) -> bool:
    """Return whether nothing of a room is left, by its manifest or, without one, by its row."""
    purged = set(row["recordings_purged"])
    place = folder / MANIFEST
    content = store_of(place).read(place)
    if content is None:
        return bool(purged) and len(purged) >= (row["recording_count"] or 0)
    try:
        room = parse_manifest(content.data, str(place)).room
    except DocumentInvalid:  # somebody has changed it, and may mean something by it
        return False
    is_over = room.status is not RoomStatus.IN_PROGRESS and bool(room.recordings)
    return is_over and {purged_digest(one.sid) for one in room.recordings} <= purged
