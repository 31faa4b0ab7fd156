"""A duty of this process: a lease that is asked for only now and then."""

from __future__ import annotations

import time
from datetime import timedelta

from roomreel.service.database.connections import Database
from roomreel.service.database.leases import take_lease

LASTS = timedelta(seconds=30)
"""After this a duty of a process that is gone is another's."""

_RENEWED_S = LASTS.total_seconds() / 3


class Duty:
    """A duty that one process has at a time.

    Args:
        holder: this process; the same for all its duties.
    """

    def __init__(self, database: Database, name: str, holder: str) -> None:
        self._database = database
        self._name = name
        self._holder = holder
        self._asked: float | None = None

    def take(self) -> bool:
        """Take the duty, or keep it; return whether it is ours.

        Cheap while it is: a write to the database every ten seconds.

        Raises:
            ServiceDatabaseFailed: the database does not answer.
        """
        now = time.monotonic()
        if self._asked is not None and now - self._asked < _RENEWED_S:
            return True
        self._asked = None
        if take_lease(self._database, self._name, self._holder, LASTS):
            self._asked = now
        return self._asked is not None
