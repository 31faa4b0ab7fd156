"""Sessions of the console: begun at sign-in, found by a secret of which there is only a digest.

The digest is keyed by the token of the account, so a new token ends all sessions, as a revoked key
ends its own.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update

from roomreel.service.access.account import Account
from roomreel.service.access.callers import Caller
from roomreel.service.access.keys import find_key
from roomreel.service.access.scopes import ALL_SCOPES
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import SESSIONS

IDLE = timedelta(hours=1)
"""After this without a request a session has ended: somebody has gone home."""

LONGEST = timedelta(hours=12)
"""After this it has ended whatever was done: a day of work."""

_SECRET_BYTES = 32
_LONGEST_SECRET = 100
# Each request would be a write.
_USE_NOTED_EACH = timedelta(minutes=1)


def new_secret() -> str:
    """Return a secret that nobody can guess."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def keyed_digest(account: Account, secret: str) -> bytes:
    """Return what is kept of a secret: without the token of the account it says nothing."""
    return hmac.digest(account.auth_token.encode(), secret.encode("utf-8", "replace"), "sha256")


def begin_session(database: Database, account: Account, caller: str, now: datetime) -> str:
    """Begin a session; return its secret. What has ended is removed.

    Args:
        caller: sid of the account or of a key.
    """
    secret = new_secret()
    row = {
        "digest": keyed_digest(account, secret),
        "caller": caller,
        "date_created": now,
        "date_used": now,
    }
    ended = or_(SESSIONS.c.date_used < now - IDLE, SESSIONS.c.date_created < now - LONGEST)
    with database.write() as connection:
        connection.execute(delete(SESSIONS).where(ended))
        connection.execute(insert(SESSIONS).values(row))
    return secret


def find_session(
    database: Database, account: Account, secret: str, now: datetime, *, is_used: bool = True
) -> Caller | None:
    """Return whoever began a session; None where there is none, or it has ended.

    Args:
        is_used: whether this is a use of it, which puts off its end.

    Raises:
        ServiceDatabaseFailed: the database does not answer.
    """
    if not 0 < len(secret) <= _LONGEST_SECRET:
        return None
    this = SESSIONS.c.digest == keyed_digest(account, secret)
    with database.read() as connection:
        row = connection.execute(select(SESSIONS).where(this)).first()
    if row is None or now - row.date_used >= IDLE or now - row.date_created >= LONGEST:
        return None
    caller = _caller(database, account, row.caller, now)
    if is_used and caller is not None and now - row.date_used >= _USE_NOTED_EACH:
        with database.write() as connection:
            connection.execute(update(SESSIONS).where(this).values(date_used=now))
    return caller


def end_session(database: Database, account: Account, secret: str) -> None:
    """End a session; of one that there is not nothing happens."""
    this = SESSIONS.c.digest == keyed_digest(account, secret)
    with database.write() as connection:
        connection.execute(delete(SESSIONS).where(this))


def _caller(database: Database, account: Account, sid: str, now: datetime) -> Caller | None:
    if sid == account.sid:
        return Caller(sid, "", ALL_SCOPES)
    stored = find_key(database, sid)
    if stored is None or not stored.key.is_valid(now):
        return None
    return Caller(sid, stored.key.name, stored.key.scopes)
