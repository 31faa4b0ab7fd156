"""Ends of requests that no run renders: what is deleted before it is made, and what is given up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import orjson

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.deletion import delete
from roomreel.catalog.record import record
from roomreel.catalog.rows import Stamp, composition_row
from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.errors import CatalogError, RoomreelError
from roomreel.model.composition import CompositionStatus, Outcome
from roomreel.model.table import Partition, Row, Table, composition_day
from roomreel.service.requests.requests import Request


def record_failed(catalog: Catalog, request: Request, error: RoomreelError, now: datetime) -> Row:
    """Record that a request has failed, unless something else became of it; return its row.

    Raises:
        StorageFailed, CatalogError: it cannot be recorded.
    """
    standing = _find(catalog, request.sid)
    if standing is None:
        message = f"{error.message} ({error.remedy})" if error.remedy else error.message
        outcome = replace(
            _outcome(request, CompositionStatus.FAILED, now),
            failure_code=error.code,
            failure_message=message,
        )
        for problem in record(catalog, [], [outcome], None, now).problems:
            raise problem
    return _standing(catalog, request.sid)


def record_deleted(catalog: Catalog, request: Request, now: datetime) -> Row:
    """Record that a request is deleted, which beats whatever a run makes of it; return its row.

    Raises:
        StorageFailed, CatalogError: it cannot be recorded.
    """
    if _find(catalog, request.sid) is None:
        outcome = _outcome(request, CompositionStatus.DELETED, now)
        row = composition_row(outcome, Stamp(now)) | {"date_deleted": now}
        catalog.commit(Partition(Table.COMPOSITIONS, composition_day(request.sid)), [row])
    else:
        delete(catalog, Table.COMPOSITIONS, [request.sid], now)
    return _standing(catalog, request.sid)


def _find(catalog: Catalog, sid: str) -> Row | None:
    return catalog.find(Table.COMPOSITIONS, [sid], [composition_day(sid)]).get(sid)


def _standing(catalog: Catalog, sid: str) -> Row:
    row = _find(catalog, sid)
    if row is None:
        raise CatalogError(f"{sid} was recorded, and is not there", "roomreel catalog check")
    return row


def _outcome(request: Request, status: CompositionStatus, now: datetime) -> Outcome:
    template = parse_template(orjson.dumps(request.template), request.sid)
    return Outcome(
        sid=request.sid,
        room_sid=request.room_sid,
        room_name=request.room_name,
        template=template,
        template_json=canonical_template(template),
        template_sha256=template_sha256(template),
        # Nothing was looked at.
        inputs_sha256="",
        status=status,
        date_created=request.date_created,
        date_completed=now,
    )
