"""Figures about the work of the service, for who watches it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from roomreel.service.callbacks.events import Delivery
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import COMPOSITIONS, DELIVERIES, REQUESTS
from roomreel.service.requests.requests import OPEN, Status


def count_compositions(database: Database) -> Mapping[str, int]:
    """Return how many compositions there are in each state, by an index.

    Raises:
        ServiceDatabaseFailed: the database does not answer.
    """
    made, asked = COMPOSITIONS.c.status, REQUESTS.c.status
    statements = (
        select(made, func.count()).group_by(made),
        select(asked, func.count()).where(asked.in_(OPEN)).group_by(asked),
    )
    counted = Counter({str(status): 0 for status in Status})
    with database.read() as connection:
        for statement in statements:
            for status, count in connection.execute(statement):
                counted[status] += count
    return counted


@dataclass(frozen=True, slots=True)
class Waiting:
    """The callbacks that wait.

    Attributes:
        since: when the oldest began to wait, or was to be sent again; None where none waits.
    """

    count: int
    since: datetime | None


def count_waiting(database: Database) -> Waiting:
    """Return how many callbacks wait, and since when; raises as `count_compositions`."""
    wanted = select(func.count(), func.min(DELIVERIES.c.since))
    with database.read() as connection:
        waiting = wanted.where(DELIVERIES.c.status == Delivery.WAITING)
        count, since = connection.execute(waiting).one()
    return Waiting(count, since)
