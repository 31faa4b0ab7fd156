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
from roomreel.service.database.renewing import renewing

LASTS = timedelta(seconds=12)
"""After this the turn of one who was killed is another's; one who lives renews it."""

_RENEWED_S = 3.0
_LOOK_S = 0.05
# Longer than a turn stands whose caller was killed: who repeats a request then gets an answer.
_PATIENCE_S = 20.0


@contextmanager
def turn(database: Database, name: str) -> Iterator[None]:
    """Do something while nobody else does what has this name.

    Raises:
        Conflict: others did it all the time.
        ServiceDatabaseFailed: the database does not answer.
    """
    holder = uuid.uuid4().hex

    def keep() -> bool:
        return take_lease(database, name, holder, LASTS)

    until = time.monotonic() + _PATIENCE_S
    while not keep():
        if time.monotonic() > until:
            raise Conflict("others change the same thing now", "try again")
        time.sleep(_LOOK_S)
    try:
        with renewing(keep, f"The turn to {name} is", _RENEWED_S):
            yield
    finally:
        end_leases(database, holder)
