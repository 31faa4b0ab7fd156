"""Facts that the catalogs alone have: no list needs them, and they are most of a row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from roomreel.errors import CatalogError, StorageFailed
from roomreel.logs import LOG
from roomreel.model.table import Row, Table, composition_days
from roomreel.service.database.tables import RECORDINGS
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


def with_all_columns(service: Service, table: Table, row: Row) -> Row:
    """Return a row of a list with the columns that no list has.

    It is as it was where the catalogs have none of its sid, or cannot be read now.
    """
    sid = row["sid"]
    try:
        found = service.catalog.find(table, [sid], _days(service, table, sid)).get(sid, {})
    except (CatalogError, StorageFailed) as error:
        LOG.warning("the catalogs cannot be asked for %s: %s", sid, error)
        found = {}
    return found | row


def find_uses(service: Service, recording: Row) -> list[Use]:
    """Return the compositions of a recording's room in which it is used, newest first.

    Raises:
        StorageFailed, CatalogError: the catalogs cannot be read now.
    """
    wanted = CompositionFilter(room_sid=recording["room_sid"])
    page = list_compositions(service.database, wanted, MOST_LOOKED_AT)
    sids = [row["sid"] for row in page.rows]
    days = composition_days(sids)
    found = service.catalog.find(Table.COMPOSITIONS, sids, days) if sids else {}
    return [
        Use(row, one["shown_ms"])
        for row in page.rows
        for one in (found.get(row["sid"], {}).get("recordings") or [])
        if one["recording_sid"] == recording["sid"]
    ]


def _days(service: Service, table: Table, sid: str) -> set[date]:
    """Return the days on which a composition or a recording may have its row."""
    if table is Table.COMPOSITIONS:
        return composition_days([sid])
    with service.database.read() as connection:
        day = connection.execute(select(RECORDINGS.c.day).where(RECORDINGS.c.sid == sid)).scalar()
    return {date.fromisoformat(day)} if day else set()
