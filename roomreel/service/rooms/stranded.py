"""Requests whose rooms no manifest tells of any more: they fail, instead of waiting for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from roomreel.errors import NotFound
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import REQUESTS, ROOMS_SEEN
from roomreel.service.requests.requests import Request, Status
from roomreel.service.requests.settle import fail_request
from roomreel.settings import Settings

MISSED = timedelta(hours=1)
"""For so long a manifest may be gone: it is moved, or its disk is away."""

_AT_ONCE = 100


def fail_stranded(database: Database, settings: Settings, now: datetime) -> int:
    """End the requests whose rooms have had no manifest for an hour; return how many.

    Raises:
        CatalogError, StorageFailed: that cannot be recorded now.
        ServiceDatabaseFailed: the database does not answer.
    """
    gone = select(ROOMS_SEEN.c.sid).where(ROOMS_SEEN.c.gone < now - MISSED)
    waiting = REQUESTS.c.status == Status.ENQUEUED, REQUESTS.c.run_id.is_(None)
    wanted = select(REQUESTS).where(*waiting, REQUESTS.c.room_sid.in_(gone)).limit(_AT_ONCE)
    with database.read() as connection:
        requests = list(map(Request.of, connection.execute(wanted).mappings()))
    for request in requests:
        error = NotFound(
            f"no manifest has described room {request.room_sid} for an hour",
            "put it back, then ask for the composition again",
        )
        fail_request(database, settings, request, error)
    return len(requests)
