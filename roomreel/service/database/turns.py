"""Turns: what one caller does at a time, of all instances, such as changing one room."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from roomreel.errors import Conflict
from roomreel.service.database.connections import Database
from roomreel.service.database.leases import end_leases, take_lease

_LONGEST = timedelta(minutes=2)
_LOOK_S = 0.05
_PATIENCE_S = 10.0


@contextmanager
def turn(database: Database, name: str) -> Iterator[None]:
    """Do something while nobody else does what has this name.

    Raises:
        Conflict: others did it for ten seconds.
        ServiceDatabaseFailed: the database does not answer.
    """
    holder = uuid.uuid4().hex
    until = time.monotonic() + _PATIENCE_S
    while not take_lease(database, name, holder, _LONGEST):
        if time.monotonic() > until:
            raise Conflict("others change the same thing now", "try again")
        time.sleep(_LOOK_S)
    try:
        yield
    finally:
        end_leases(database, holder)
