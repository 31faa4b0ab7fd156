"""A clock that was set back: what waits for a time that is too far off is set right.

Leases, claims and tries wait for times of the wall clock, since machines have no other one in
common. When such a time is written it lies ahead by so much at most; what lies further ahead was
written by a clock that has been set back since.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, ColumnElement, and_, select, true, update

from roomreel.logs import LOG
from roomreel.service.callbacks.events import Delivery
from roomreel.service.callbacks.outbox import HELD as TRY_HELD
from roomreel.service.callbacks.retries import LONGEST
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import (
    CLAIMS,
    COMPLETED_ROOMS,
    DELIVERIES,
    LEASES,
    REQUESTS,
)
from roomreel.service.duty import LASTS
from roomreel.service.hooks.hook_runs import LATER
from roomreel.service.requests.claims import LASTS as CLAIMED
from roomreel.service.requests.requests import HELD, OPEN
from roomreel.service.rooms.manifests import LONGEST_LOOK

LOOKED_AT_EACH_S = 10.0

_AT_ONCE = timedelta(0)
# What a clock is corrected by all the time.
_UNSEEN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Limit:
    """The time that a column may lie ahead.

    Attributes:
        becomes: how far ahead what lies further is set: a holder that lives has it renewed by then.
        of: the rows that count, by an index.
        also: a column that has the same time.
    """

    column: Column[datetime]
    most: timedelta
    becomes: timedelta
    of: ColumnElement[bool] = field(default_factory=true)
    also: Column[datetime] | None = None


_WAITS = DELIVERIES.c.status == Delivery.WAITING
LIMITS = (
    Limit(LEASES.c.until, LONGEST_LOOK, LASTS),
    Limit(CLAIMS.c.until, CLAIMED, CLAIMED),
    Limit(REQUESTS.c.held_until, HELD, HELD, REQUESTS.c.status.in_(OPEN)),
    # Of one that is on its way, in case that its sender is gone.
    Limit(DELIVERIES.c.held_until, TRY_HELD, TRY_HELD, _WAITS, DELIVERIES.c.due),
    Limit(DELIVERIES.c.due, LONGEST, _AT_ONCE, and_(_WAITS, DELIVERIES.c.held_until.is_(None))),
    Limit(COMPLETED_ROOMS.c.due, LATER, _AT_ONCE),
)


def set_right(database: Database, now: datetime, *, was_set_back: bool = False) -> int:
    """Bring what waits for a time that is too far off back to the clock; return how many rows.

    Args:
        was_set_back: whether the clock was just now: then nothing needs to wait for longer than
            the shortest time.

    Raises:
        ServiceDatabaseFailed: the database does not answer.
    """
    count = 0
    for limit in LIMITS:
        most = limit.becomes if was_set_back else limit.most
        is_odd = and_(limit.of, limit.column > now + most)
        with database.read() as connection:
            if connection.execute(select(limit.column).where(is_odd).limit(1)).first() is None:
                continue
        columns = [limit.column, *([] if limit.also is None else [limit.also])]
        values = {column.name: now + limit.becomes for column in columns}
        with database.write() as connection:
            changed = update(limit.column.table).where(is_odd).values(values)
            count += connection.execute(changed).rowcount
    return count


@dataclass
class ClockWatch:
    """Looks whether the clock of this machine was set back.

    Attributes:
        wall, steady: return the time; the second one never goes back.
    """

    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    steady: Callable[[], float] = time.monotonic
    _before: tuple[datetime, float] | None = field(default=None, init=False)

    def work(self, database: Database) -> None:
        """Set right what a clock that was set back has left.

        Raises:
            ServiceDatabaseFailed: the database does not answer; all of it is found again.
        """
        now, steady = self.wall(), self.steady()
        was_set_back = False
        if self._before is not None:
            wall_before, steady_before = self._before
            expected = wall_before + timedelta(seconds=steady - steady_before)
            was_set_back = now < expected - _UNSEEN
        count = set_right(database, now, was_set_back=was_set_back)
        self._before = now, steady
        if count:
            LOG.warning("The clock was set back: %s of what waits were set right", count)
