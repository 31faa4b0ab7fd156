"""Compositions as clients see them: requests while they are open, then rows of the catalogs."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from roomreel.catalog.catalog import Catalog
from roomreel.documents.template import canonical_template
from roomreel.errors import Conflict, NotFound
from roomreel.maintenance.removal import remove_all, remove_media
from roomreel.model.composition import CompositionStatus
from roomreel.model.table import Row, Table, composition_days
from roomreel.model.template import Template
from roomreel.service.database.idempotency import Idempotency, find_earlier, keep
from roomreel.service.lists.listing import fetch_composition
from roomreel.service.lists.stays import Stays
from roomreel.service.requests.outcomes import record_deleted
from roomreel.service.requests.requests import (
    API_PRIORITY,
    Request,
    Status,
    enqueue,
    find_requests,
    new_sid,
)
from roomreel.service.requests.settle import settle
from roomreel.service.service import Service


@dataclass(frozen=True, slots=True)
class Order:
    """Order of a composition: the room, and the template."""

    room_sid: str
    room_name: str
    template: Template


def create_composition(
    service: Service, order: Order, idempotency: Idempotency | None = None
) -> Row:
    """Take in a request for a composition.

    Args:
        order: of a room that is there.
        idempotency: the key by which asking again answers the same composition.

    Returns:
        The composition, enqueued; or the one that was asked for before.

    Raises:
        TooManyRequests: as many wait as may.
        Conflict: the key was used with something else.
    """
    now = datetime.now(UTC)
    request = Request(
        sid=new_sid(now),
        room_sid=order.room_sid,
        room_name=order.room_name,
        status=Status.ENQUEUED,
        template=json.loads(canonical_template(order.template)),
        template_name=order.template.friendly_name,
        date_created=now,
        priority=API_PRIORITY,
    )
    with service.database.write() as connection:
        earlier = idempotency and find_earlier(connection, idempotency, now)
        if not earlier:
            enqueue(connection, request, service.settings.waiting_limit)
            if idempotency:
                keep(connection, idempotency, request.sid, now)
    if not earlier:
        service.wake()
    return find_composition(service, earlier or request.sid)


def find_composition(service: Service, sid: str) -> Row:
    """Return a composition, or what is asked for and not made yet: see `listing`.

    Raises:
        NotFound: there is none of this sid.
    """
    row = fetch_composition(service.database, sid)
    if row is None:
        raise NotFound(f"there is no composition {sid}")
    return row


def delete_composition(service: Service, sid: str) -> None:
    """Delete a composition: its row first, then its files, or the request that is not done.

    Of what is deleted nothing happens: the answer to the first time may have got lost.

    Raises:
        NotFound: there is none of this sid.
        Conflict: it has failed, which is kept.
        StorageFailed, CatalogError: it cannot be done now.
    """
    match delete_compositions(service, [sid]).get(sid):
        case Stays.GONE:
            raise NotFound(f"there is no composition {sid}")
        case Stays.FAILED:
            message = f"composition {sid} has failed, and is kept"
            raise Conflict(message, "roomreel delete removes it")


def delete_compositions(service: Service, sids: Collection[str]) -> dict[str, Stays]:
    """Delete compositions as `delete_composition` does; return why some stay. Safe to repeat.

    Raises:
        StorageFailed, CatalogError: it cannot be done now; what was done stays so.
    """
    now = datetime.now(UTC)
    catalog = service.catalog
    with service.database.read() as connection:
        found = find_requests(connection, sids)
    asked = [request for request in found.values() if request.is_open]
    rows = [record_deleted(catalog, request, now) for request in asked]
    if rows:
        # A run may have published one a moment ago.
        remove_media(catalog, Table.COMPOSITIONS, rows, service.settings)
    made, stay = _made(catalog, set(sids) - {request.sid for request in asked})
    if made:
        removal = remove_all(catalog, Table.COMPOSITIONS, made, service.settings, now)
        rows += removal.rows
    with service.database.write() as connection:
        settle(connection, rows)
    return stay


def _made(catalog: Catalog, sids: Collection[str]) -> tuple[list[str], dict[str, Stays]]:
    """Return what the catalogs have of these, whatever a copy of them says, and why others stay."""
    rows = catalog.find(Table.COMPOSITIONS, sids, composition_days(sids))
    stay = dict.fromkeys(set(sids) - set(rows), Stays.GONE)
    failed = {CompositionStatus.FAILED, CompositionStatus.CANCELLED}
    stay |= {sid: Stays.FAILED for sid, row in rows.items() if row["status"] in failed}
    return sorted(set(rows) - set(stay)), stay
