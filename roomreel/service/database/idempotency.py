"""Keys by which a client asks again for what it may have got: the same answer, nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from roomreel.errors import Conflict
from roomreel.service.database.tables import IDEMPOTENCY_KEYS
from roomreel.service.database.upsert import insert_new

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The key of one request.

    Attributes:
        api_key: who asks; another one's keys are others.
        key: as the client made it up.
        body_sha256: digest of all that is asked for.
    """

    api_key: str
    key: str
    body_sha256: bytes


def find_earlier(connection: Connection, asked: Idempotency, now: datetime) -> str | None:
    """Return the sid of the composition that a key was used for in the last day; None: for none.

    Raises:
        Conflict: it was used with something else.
    """
    table = IDEMPOTENCY_KEYS
    connection.execute(delete(table).where(table.c.date_created < now - KEPT))
    mine = table.c.api_key == asked.api_key, table.c.key == asked.key
    found = connection.execute(select(table.c.sid, table.c.body_sha256).where(*mine)).first()
    if found is None:
        return None
    if found.body_sha256 != asked.body_sha256:
        raise Conflict("the Idempotency-Key was used with other parameters", "use a new one")
    return str(found.sid)


def keep(connection: Connection, asked: Idempotency, sid: str, now: datetime) -> None:
    """Keep the composition that was made for a key.

    Raises:
        Conflict: another request with the same key came at the same time.
    """
    row = {
        "api_key": asked.api_key,
        "key": asked.key,
        "body_sha256": asked.body_sha256,
        "sid": sid,
        "date_created": now,
    }
    if not insert_new(connection, IDEMPOTENCY_KEYS, row):
        raise Conflict("a request with this Idempotency-Key is under way", "ask again")
