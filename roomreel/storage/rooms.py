"""Rooms that came by the API: a folder each, with its manifest, its rules and its media."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from roomreel.model.location import Location, ObjectLocation
from roomreel.storage.documents import discover, discover_stamped, stamp_of
from roomreel.storage.failure import storage_errors
from roomreel.storage.stores import store_of
from roomreel.storage.walk import unless_gone

MANIFEST = "room.json"
RULES = "rules.json"

_ROOM = re.compile(r"RM[0-9a-fA-F]{32}")


def discover_rooms(manifests: str, rooms: Location) -> list[str]:
    """Return the manifests of all rooms, sorted: those of the setting, and those of the API.

    Args:
        manifests: as of `discover`.
        rooms: the folder of rooms that came by the API; it need not be there.

    Raises:
        StorageFailed: one of them cannot be searched; or `manifests` is not there.
    """
    return sorted({*discover(manifests), *discover_came(rooms)})


def discover_rooms_stamped(manifests: str, rooms: Location) -> dict[str, str]:
    """Return what `discover_rooms` does, each with a text that is another when its bytes are."""
    return discover_stamped(manifests) | dict(_came(rooms))


def discover_came(rooms: Location) -> list[str]:
    """Return the manifests of the rooms that came by the API, sorted.

    Raises:
        StorageFailed: they cannot be searched.
    """
    return [url for url, _ in _came(rooms)]


def came_by_the_api(url: str, rooms: Location) -> bool:
    """Return whether a manifest is one that came by the API, by its place."""
    folder, _, name = url.rpartition("/")
    above, _, sid = folder.rpartition("/")
    return (above, name) == (str(rooms), MANIFEST) and _ROOM.fullmatch(sid) is not None


def _came(rooms: Location) -> Iterator[tuple[str, str]]:
    """Yield the manifests that came by the API, with their stamps."""
    if isinstance(rooms, ObjectLocation):
        for found in store_of(rooms).list(rooms, 2):
            if came_by_the_api(str(found.location), rooms):
                yield str(found.location), found.version
        return
    with storage_errors("search", rooms):
        for folder in sorted(_folders(rooms)):
            with unless_gone():
                path = f"{folder}/{MANIFEST}"
                yield path, stamp_of(os.stat(path))  # noqa: PTH116  of thousands


def _folders(rooms: Path) -> list[str]:
    with unless_gone(), os.scandir(rooms) as found:
        return [entry.path for entry in found if _ROOM.fullmatch(entry.name)]
    return []
