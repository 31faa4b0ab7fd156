"""First looks at all there is: a new database takes what it finds then as it is."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, select

from roomreel.service.database.tables import FIRST_LOOKS
from roomreel.service.database.upsert import insert_new

CATALOGS = "refresh"
MANIFESTS = "manifests"


def looked_at(connection: Connection, name: str) -> datetime | None:
    """Return when all there was had been, or began to be, looked at; None: it was not yet."""
    found = select(FIRST_LOOKS.c.date).where(FIRST_LOOKS.c.name == name)
    return connection.execute(found).scalar()


def was_looked_at(connection: Connection, name: str) -> bool:
    """Return whether all there was has been seen once: what is found now is new."""
    return looked_at(connection, name) is not None


def note_looked_at(connection: Connection, name: str) -> None:
    """Note that all there is has been seen; safe to repeat."""
    insert_new(connection, FIRST_LOOKS, {"name": name, "date": datetime.now(UTC)})
