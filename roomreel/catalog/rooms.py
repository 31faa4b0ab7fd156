"""The rows of rooms, found without a look at every day there ever was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from roomreel.catalog.catalog import Catalog
from roomreel.model.room import Room
from roomreel.model.table import Row, Table, day_of

# Of clocks, and of what counts as the beginning.
_MARGIN = timedelta(days=1)


def find_rooms(catalog: Catalog, rooms: Sequence[Room]) -> dict[str, Row]:
    """Return the rows of these rooms, by sid; those that have none are left out.

    A row lies on the day on which its room ended, as the first manifest of it said. No room ends
    before it begins, so that older days are not looked at, however long the archive is.

    Raises:
        CatalogError: the catalog cannot be read.
        StorageFailed: likewise.
    """
    if not rooms:
        return {}
    sids = [room.sid for room in rooms]
    begins = [_beginning_of(room) for room in rooms]
    known = [begin for begin in begins if begin is not None]
    days = None
    if len(known) == len(begins):
        days = [day for day in catalog.reader.days(Table.ROOMS) if day >= min(known) - _MARGIN]
    found = catalog.reader.days_of(Table.ROOMS, sids, days)
    return catalog.find(Table.ROOMS, found, set(found.values()))


def _beginning_of(room: Room) -> date | None:
    """The first day that its manifest has; None where nothing says when it began."""
    told = [room.date_created, *(recording.date_created for recording in room.recordings)]
    begun = [day_of(created) for created in told if created]
    if begun and room.end_time:
        begun.append(day_of(room.end_time))
    return min(begun, default=None)
