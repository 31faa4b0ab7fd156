"""The end of requests, by the rows of the catalogs: those decide, and this follows them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from operator import itemgetter

from sqlalchemy import Connection, select, update

from roomreel.catalog.catalog import open_catalog
from roomreel.errors import RoomreelError
from roomreel.model.composition import CompositionStatus
from roomreel.model.table import Row, Table, composition_days
from roomreel.service.callbacks.events import add_event
from roomreel.service.database.connections import Database, find_database
from roomreel.service.database.tables import REQUESTS
from roomreel.service.projection.projection import project_row
from roomreel.service.requests.composition_events import outcome_event, tell_outcomes
from roomreel.service.requests.outcomes import record_failed
from roomreel.service.requests.requests import OPEN, Request, Status
from roomreel.settings import Settings
from roomreel.settings.serving import Serving

_ENDS = {
    CompositionStatus.COMPLETED: Status.COMPLETED,
    CompositionStatus.FAILED: Status.FAILED,
    CompositionStatus.DELETED: Status.DELETED,
}


def settle_recorded(sids: Collection[str], settings: Serving) -> None:
    """Settle the requests among compositions that were recorded, where there is a database.

    Raises:
        CatalogError, StorageFailed: the rows cannot be read; a refresh settles them.
        ServiceDatabaseFailed: likewise.
    """
    database = find_database(settings) if sids else None
    if database is None:
        return
    days = composition_days(sids)
    rows = open_catalog(settings).find(Table.COMPOSITIONS, sids, days)
    with closing(database), database.write() as connection:
        settle(connection, rows.values())


def settle(connection: Connection, rows: Iterable[Row]) -> None:
    """Copy rows that were just recorded, and end the requests that they are the ends of."""
    # In the order in which a refresh has them: two who wait for each other's rows end neither.
    settled = sorted(rows, key=itemgetter("sid"))
    for row in settled:
        project_row(connection, Table.COMPOSITIONS, row)
    settle_requests(connection, settled)
    tell_outcomes(connection, settled, made_now=True)


def fail_request(
    database: Database, settings: Settings, request: Request, error: RoomreelError
) -> None:
    """End a request with an error, in the catalog first.

    Raises:
        CatalogError, StorageFailed: that cannot be recorded now.
        ServiceDatabaseFailed: a refresh settles it.
    """
    row = record_failed(open_catalog(settings), request, error, datetime.now(UTC))
    with database.write() as connection:
        settle(connection, [row])


def settle_found(connection: Connection, rows: Sequence[Row]) -> None:
    """End the requests that rows are the ends of, and tell of others that are new; repeatable."""
    settle_requests(connection, rows)
    tell_outcomes(connection, rows)


def settle_requests(connection: Connection, rows: Sequence[Row]) -> None:
    """End the requests that rows of compositions are the ends of; safe to repeat.

    A row of what was cancelled ends none: its run was stopped, and puts it back itself.
    """
    by_sid = {row["sid"]: row for row in rows}
    wanted = REQUESTS.c.sid.in_(by_sid), REQUESTS.c.status.in_([*OPEN, Status.FAILED])
    statement = select(REQUESTS).where(*wanted).order_by(REQUESTS.c.sid).with_for_update()
    for found in connection.execute(statement).mappings().all():
        _settle(connection, Request.of(found), by_sid[found["sid"]])


def _settle(connection: Connection, request: Request, row: Row) -> None:
    status = CompositionStatus(row["status"])
    if status is CompositionStatus.CANCELLED:
        return
    values = {"status": _ENDS[status], "date_ended": datetime.now(UTC), "held_until": None}
    this = update(REQUESTS).where(REQUESTS.c.sid == request.sid)
    connection.execute(this.values(values))
    event = outcome_event(row, request.callback)
    if event is not None:
        add_event(connection, event, row["attempts"])
