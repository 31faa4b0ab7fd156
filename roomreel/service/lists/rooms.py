"""Rooms and their participants as clients see them: by the catalogs, or by manifests as seen."""

from __future__ import annotations

from roomreel.model.table import Row
from roomreel.service.lists.listing import fetch_room
from roomreel.service.rooms.manifests import find_manifest
from roomreel.service.service import Service


def find_room(service: Service, room: str) -> Row | None:
    """Return the row of a room by its sid or unique name; None where there is none.

    One that was not seen yet is looked for at once.

    Raises:
        StorageFailed: the manifests cannot be looked at.
    """
    found = fetch_room(service.database, room)
    if found is None and find_manifest(service.database, service.settings, room):
        found = fetch_room(service.database, room)
    return found
