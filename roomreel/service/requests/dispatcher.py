"""The dispatcher: gives requests whose rooms are over to runs, and takes back what runs lost.

One instance of the service does it at a time. A run takes some seconds to begin, so a lone request
gets one at once, and what comes while runs are at work goes together into the next one.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, case, func, or_, select, update

from roomreel.errors import RenderError, RoomreelError
from roomreel.logs import LOG
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import CLAIMS, REQUESTS, ROOMS
from roomreel.service.duty import Duty
from roomreel.service.requests.ports import Runs
from roomreel.service.requests.requests import HANDED_OVER, OPEN, Request, Status, put_back
from roomreel.service.requests.settle import fail_request
from roomreel.settings import Settings
from roomreel.text import counted

LOOK_S = 1.0
"""How often it looks for what other instances have taken in."""

SILENT = timedelta(seconds=30)
"""After what a run holds has run out for so long, it is given up: a machine that is gone."""

MOST_A_RUN = 100
"""Requests of one run: some minutes of work, after which others have their turn."""

MOST_LOOKED_AT = 2000
"""Requests that are looked at for the next run."""


@dataclass
class Dispatcher:
    """Gives requests to runs.

    Attributes:
        holder: the name of this instance.
        wake: set when there may be something to do at once.
        may_start: set when there is somebody who runs what is started.
    """

    database: Database
    runs: Runs
    settings: Settings
    holder: str
    wake: threading.Event = field(default_factory=threading.Event)
    may_start: threading.Event = field(default_factory=threading.Event)
    _failed_at: float = field(default_factory=time.monotonic)

    def work(self, ended: threading.Event) -> None:
        """Dispatch until the service ends; what does not answer is tried again."""
        while not ended.is_set() and not self.may_start.wait(LOOK_S):
            pass
        duty = Duty(self.database, "dispatch", self.holder)
        while not ended.is_set():
            try:
                if duty.take():
                    self.step()
            except RoomreelError as error:
                self._failed_at = time.monotonic()
                LOG.warning("Requests wait: %s", error)
                ended.wait(LOOK_S)
            self.wake.wait(LOOK_S)
            self.wake.clear()

    def step(self) -> None:
        """Take back what runs lost, give up what was lost too often, and start runs.

        Raises:
            RoomreelError: something does not answer.
        """
        self._take_back()
        self._fail_lost()
        for _ in range(self.settings.request_runs):
            given = self._assign()
            if not given:
                return
            ticket, sids = given
            self.runs.start(ticket, sids)

    def _take_back(self) -> None:
        """Put back the requests of runs that have ended without them, or are not heard of."""
        now = datetime.now(UTC)
        with self.database.read() as connection:
            begun = func.max(case((REQUESTS.c.status == Status.PROCESSING, 1), else_=0))
            held = select(REQUESTS.c.run_id, func.max(REQUESTS.c.held_until), begun)
            overdue = REQUESTS.c.status.in_(OPEN), REQUESTS.c.run_id.is_not(None)
            found = connection.execute(held.where(*overdue).group_by(REQUESTS.c.run_id)).all()
        late = {run_id: (until, begun) for run_id, until, begun in found if until < now}
        if not late:
            return
        ended = self.runs.find_ended(late.keys())
        for ticket, (until, begun) in late.items():
            is_silent = begun and until < now - SILENT and self._has_answered()
            if ticket in ended or is_silent:
                self.runs.give_up(ticket)
                self._free(ticket)

    def _has_answered(self) -> bool:
        """Return whether the database was there long enough for every run to be heard of."""
        return time.monotonic() - self._failed_at > SILENT.total_seconds()

    def _free(self, ticket: str) -> None:
        with self.database.write() as connection:
            mine = REQUESTS.c.run_id == ticket, REQUESTS.c.status.in_(OPEN)
            sids = list(connection.execute(select(REQUESTS.c.sid).where(*mine)).scalars())
            connection.execute(CLAIMS.delete().where(CLAIMS.c.holder == holder_of(ticket)))
            put_back(connection, sids, ticket)
        LOG.warning("%s in the queue again: their run ended", counted(len(sids), "request"))

    def _fail_lost(self) -> None:
        """End the requests that as many runs have begun as may."""
        most = self.settings.max_attempts
        with self.database.read() as connection:
            lost = REQUESTS.c.status == Status.ENQUEUED, REQUESTS.c.run_id.is_(None)
            wanted = select(REQUESTS).where(*lost, REQUESTS.c.attempts >= most)
            requests = list(map(Request.of, connection.execute(wanted).mappings()))
        for request in requests:
            error = RenderError(f"its run was lost {most} times", RenderError.advice)
            fail_request(self.database, self.settings, request, error)

    def _assign(self) -> tuple[str, Sequence[str]] | None:
        """Give the requests whose turn it is to a run that is to be started.

        Returns:
            Its ticket and their sids; None where nothing waits, or as many runs as may have some.
        """
        ticket, now = str(uuid.uuid4()), datetime.now(UTC)
        with self.database.write() as connection:
            at_work = REQUESTS.c.status.in_(OPEN), REQUESTS.c.run_id.is_not(None)
            count = select(func.count(REQUESTS.c.run_id.distinct())).where(*at_work)
            if (connection.execute(count).scalar() or 0) >= self.settings.request_runs:
                return None
            sids = choose((row.sid, row.room_sid) for row in connection.execute(_due(now)))
            if not sids:
                return None
            these = update(REQUESTS).where(REQUESTS.c.sid.in_(sids))
            connection.execute(these.values(run_id=ticket, held_until=now + HANDED_OVER))
        return ticket, sids


def holder_of(ticket: str) -> str:
    """Return what a run of requests is called by others."""
    return f"the run of requests {ticket}"


def choose(waiting: Iterable[tuple[str, str]]) -> list[str]:
    """Return the sids of the next run: fair between rooms, and all of a room together.

    Args:
        waiting: sid and room of requests, in the order they are to be done.
    """
    by_room: dict[str, list[str]] = defaultdict(list)
    for sid, room in waiting:
        by_room[room].append(sid)
    chosen: list[str] = []
    for sids in by_room.values():
        if chosen and len(chosen) + len(sids) > MOST_A_RUN:
            continue
        # One room of thousands does not take the turn of all others.
        chosen += sids[:MOST_A_RUN]
    return chosen


def _due(now: datetime) -> Select[tuple[str, str]]:
    """Return what finds sid and room of the requests that may be begun, in the order of turns."""
    order = REQUESTS.c.priority, REQUESTS.c.date_created, REQUESTS.c.sid
    place = func.row_number().over(partition_by=REQUESTS.c.room_sid, order_by=order)
    over = select(ROOMS.c.sid).where(ROOMS.c.status == "completed")
    waiting = select(*order, REQUESTS.c.room_sid, place.label("place")).where(
        REQUESTS.c.status == Status.ENQUEUED,
        REQUESTS.c.run_id.is_(None),
        or_(REQUESTS.c.held_until.is_(None), REQUESTS.c.held_until < now),
        REQUESTS.c.room_sid.in_(over),
    )
    found = waiting.subquery()
    # However many one room has, those of the others are seen.
    few = select(found.c.sid, found.c.room_sid).where(found.c.place <= MOST_A_RUN)
    return few.order_by(found.c.priority, found.c.date_created, found.c.sid).limit(MOST_LOOKED_AT)
