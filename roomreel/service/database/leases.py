"""Duties that one instance of the service has at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_, update

from roomreel.service.database.connections import Database
from roomreel.service.database.tables import LEASES
from roomreel.service.database.upsert import insert_new

_FORGOTTEN = timedelta(days=1)


def take_lease(database: Database, name: str, holder: str, lasts: timedelta) -> bool:
    """Take a duty, or keep it; return whether it is ours now.

    Args:
        holder: who asks; the same for as long as it lives.
        lasts: after this it is anybody's, unless it is taken again.
    """
    now = datetime.now(UTC)
    with database.write() as connection:
        free = or_(LEASES.c.holder == holder, LEASES.c.until < now)
        taken = update(LEASES).where(LEASES.c.name == name, free)
        if connection.execute(taken.values(holder=holder, until=now + lasts)).rowcount:
            return True
        # What a killed one had, and nobody has asked for since.
        connection.execute(delete(LEASES).where(LEASES.c.until < now - _FORGOTTEN))
        row = {"name": name, "holder": holder, "until": now + lasts}
        return insert_new(connection, LEASES, row)


def end_leases(database: Database, holder: str) -> None:
    """Give up the duties of an instance that ends."""
    with database.write() as connection:
        connection.execute(delete(LEASES).where(LEASES.c.holder == holder))
