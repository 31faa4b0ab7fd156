"""Requests for compositions: from being asked for to their end.

    enqueued -> processing -> completed | failed
    enqueued, processing -> deleted
    processing -> enqueued      its run ended without it

What a request came to is in the catalogs, and only then here: `settle` takes it from a row.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select, update

from roomreel.errors import TooManyRequests
from roomreel.model.callback import Callback
from roomreel.service.callbacks.events import Event, add_event
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import REQUESTS
from roomreel.service.database.upsert import insert_new
from roomreel.service.requests.composition_events import callback_of


class Status(StrEnum):
    """The state of a request."""

    ENQUEUED = "enqueued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    DELETED = "deleted"


OPEN = (Status.ENQUEUED, Status.PROCESSING)

API_PRIORITY = 0
"""Of a request by the API: before whatever else asks."""

HOOK_PRIORITY = 10
"""Of a request by a hook, for which nobody waits."""

HELD = timedelta(seconds=60)
"""How long a run holds a request without saying so again."""

HANDED_OVER = timedelta(seconds=30)
"""How long a request is held that was given to a run, before the run is asked for."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request for a composition.

    Attributes:
        sid: of the composition.
        template: the template as JSON.
        template_name: what the catalogs call it.
        attempts: how many runs have begun it.
        run_id: of the run that has it, or had it last.
        hook_sid: of the hook that asks for it; None: a client does.
    """

    sid: str
    room_sid: str
    room_name: str
    status: Status
    template: Mapping[str, Any]
    template_name: str
    date_created: datetime
    priority: int = API_PRIORITY
    date_started: datetime | None = None
    date_ended: datetime | None = None
    attempts: int = 0
    percentage_done: int = 0
    run_id: str | None = None
    hook_sid: str | None = None

    @classmethod
    def of(cls, row: RowMapping) -> Request:
        """Return the request of a row of the database."""
        values = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**values | {"status": Status(row["status"])})

    @property
    def callback(self) -> Callback | None:
        """The receiver of its events."""
        return callback_of(self.template)

    @property
    def is_open(self) -> bool:
        """True if it is not ended."""
        return self.status in OPEN


def new_sid(now: datetime) -> str:
    """Return the sid of a composition that is asked for at an instant: it says when."""
    return f"CJ{int(now.timestamp() * 1000):012x}{secrets.token_hex(10)}"


def enqueue(connection: Connection, request: Request, most: int) -> bool:
    """Insert a request, unless there is one for its composition; return whether it is new.

    Args:
        most: how many may wait at a time.

    Raises:
        TooManyRequests: as many wait.
    """
    waiting = select(func.count()).where(REQUESTS.c.status == Status.ENQUEUED)
    if (connection.execute(waiting).scalar() or 0) >= most:
        raise TooManyRequests(
            f"{most} requests for compositions wait already", "ask again when some of them are done"
        )
    values = {name: getattr(request, name) for name in Request.__dataclass_fields__}
    return insert_new(connection, REQUESTS, values)


def find_requests(connection: Connection, sids: Collection[str]) -> dict[str, Request]:
    """Return the requests of these compositions, by sid; those that have none are left out."""
    found = connection.execute(select(REQUESTS).where(REQUESTS.c.sid.in_(sids))).mappings()
    return {row["sid"]: Request.of(row) for row in found}


def take_requests(
    database: Database, ticket: str, sids: Sequence[str], *, again: bool = False
) -> list[Request]:
    """Return the requests among these that a run may begin: those that it was given, and are open.

    Args:
        ticket: of the run.
        again: also those that failed in it: a person clicked Retry.
    """
    wanted = [*OPEN, *([Status.FAILED] if again else [])]
    now = datetime.now(UTC)
    with database.write() as connection:
        mine = REQUESTS.c.sid.in_(sids), REQUESTS.c.run_id == ticket, REQUESTS.c.status.in_(wanted)
        connection.execute(update(REQUESTS).where(*mine).values(held_until=now + HELD))
        order = REQUESTS.c.priority, REQUESTS.c.date_created, REQUESTS.c.sid
        found = connection.execute(select(REQUESTS).where(*mine).order_by(*order)).mappings()
        return [Request.of(row) for row in found]


def begin(
    database: Database, sids: Collection[str], ticket: str, attempts: Mapping[str, int]
) -> set[str]:
    """Note that a run begins requests; return those that it may: others were deleted meanwhile.

    Args:
        attempts: by sid, how many rows the catalogs had of it.
    """
    now = datetime.now(UTC)
    with database.write() as connection:
        # Locked, so that a delete comes before or after it.
        mine = REQUESTS.c.sid.in_(sids), REQUESTS.c.run_id == ticket
        alive = select(REQUESTS).where(*mine, REQUESTS.c.status != Status.DELETED)
        found = [Request.of(row) for row in connection.execute(alive.with_for_update()).mappings()]
        for request in found:
            values = {
                "status": Status.PROCESSING,
                "attempts": request.attempts + 1,
                "date_started": request.date_started or now,
                "date_ended": None,
                "held_until": now + HELD,
            }
            this = REQUESTS.c.sid == request.sid
            connection.execute(update(REQUESTS).where(this).values(values))
            event = Event(
                request.sid,
                request.room_sid,
                "composition-started",
                now,
                callback=request.callback,
            )
            add_event(connection, event, attempts.get(request.sid, 0) + 1)
        return {request.sid for request in found}


def renew(database: Database, ticket: str) -> None:
    """Have a run hold what it has a while longer."""
    with database.write() as connection:
        mine = REQUESTS.c.run_id == ticket, REQUESTS.c.status.in_(OPEN)
        until = datetime.now(UTC) + HELD
        connection.execute(update(REQUESTS).where(*mine).values(held_until=until))


def put_back(
    connection: Connection, sids: Collection[str], ticket: str, *, later: timedelta | None = None
) -> None:
    """Put requests back into the queue that a run has, and does not work on any more.

    Args:
        later: how long nobody takes them up; unset: not at all.
    """
    mine = REQUESTS.c.sid.in_(sids), REQUESTS.c.run_id == ticket, REQUESTS.c.status.in_(OPEN)
    values = {
        "status": Status.ENQUEUED,
        "run_id": None,
        "held_until": later and datetime.now(UTC) + later,
        "percentage_done": 0,
    }
    connection.execute(update(REQUESTS).where(*mine).values(values))


def report_progress(
    database: Database, sids: Collection[str], runs: Mapping[str, str | None], percent: int
) -> set[str]:
    """Note how far compositions are; return those that this run is not to make any more.

    Args:
        runs: by sid, the run that made them at the beginning of the render.
    """
    with database.write() as connection:
        these = REQUESTS.c.sid.in_(sids)
        found = find_requests(connection, sids)
        gone = {
            request.sid
            for request in found.values()
            if request.status is Status.DELETED or request.run_id != runs.get(request.sid)
        }
        under_way = these, REQUESTS.c.status == Status.PROCESSING, REQUESTS.c.sid.not_in(gone)
        connection.execute(update(REQUESTS).where(*under_way).values(percentage_done=percent))
    return gone
