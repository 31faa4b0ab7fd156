"""First looks at all there is: a new database takes what it finds then as it is."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, select

from roomreel.service.tables import FIRST_LOOKS
from roomreel.service.upsert import insert_new

CATALOGS = "refresh"
MANIFESTS = "manifests"


def was_looked_at(connection: Connection, name: str) -> bool:
    """Return whether all there was has been seen once: what is found now is new."""
    found = select(FIRST_LOOKS.c.name).where(FIRST_LOOKS.c.name == name)
    return connection.execute(found).first() is not None


def note_looked_at(connection: Connection, name: str) -> None:
    """Note that all there is has been seen; safe to repeat."""
    insert_new(connection, FIRST_LOOKS, {"name": name, "date": datetime.now(UTC)})
