"""Compositions in which a recording is used, as the catalogs say."""

from __future__ import annotations

from dataclasses import dataclass

from roomreel.model.table import Row, Table, composition_day
from roomreel.service.lists.listing import CompositionFilter, list_compositions
from roomreel.service.service import Service

MOST_LOOKED_AT = 100
"""Compositions of a room, the newest, that are looked at: there are as many as its templates."""


@dataclass(frozen=True, slots=True)
class Use:
    """A composition in which a recording is used.

    Attributes:
        row: as lists have it.
        shown_ms: how long it is shown or heard.
    """

    row: Row
    shown_ms: int


def find_uses(service: Service, recording: Row) -> list[Use]:
    """Return the compositions of a recording's room in which it is used, newest first.

    Raises:
        StorageFailed, CatalogError: the catalogs cannot be read now.
    """
    wanted = CompositionFilter(room_sid=recording["room_sid"])
    page = list_compositions(service.database, wanted, MOST_LOOKED_AT)
    # No list needs which recordings are in one, which would be most of its bytes.
    sids = [row["sid"] for row in page.rows]
    days = {composition_day(sid) for sid in sids}
    found = service.catalog.find(Table.COMPOSITIONS, sids, days) if sids else {}
    return [
        Use(row, one["shown_ms"])
        for row in page.rows
        for one in (found.get(row["sid"], {}).get("recordings") or [])
        if one["recording_sid"] == recording["sid"]
    ]
