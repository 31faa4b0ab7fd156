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

    Days of which the index of rooms knows nothing are read from the one on which the first of them
    began: a row lies on the day on which its room ended, as the first manifest of it said, and no
    room ends before it begins.

    Raises:
        CatalogError: the catalog cannot be read.
        StorageFailed: likewise.
    """
    if not rooms:
        return {}
    sids = [room.sid for room in rooms]
    begins = [_beginning_of(room) for room in rooms]
    known = [begin for begin in begins if begin is not None]
    since = min(known) - _MARGIN if len(known) == len(begins) else date.min
    return catalog.find(Table.ROOMS, sids, catalog.days_of_rooms(sids, since))


def _beginning_of(room: Room) -> date | None:
    """Return the first day that its manifest has; None where nothing says when it began."""
    created = [room.date_created, *(recording.date_created for recording in room.recordings)]
    begun = [day_of(instant) for instant in created if instant]
    if begun and room.end_time:
        begun.append(day_of(room.end_time))
    return min(begun, default=None)
