"""Keys of the API: made, listed and revoked. A secret is shown once, and kept as a digest."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, or_, select, update

from roomreel.errors import ArgumentsInvalid, NotFound
from roomreel.service.access.scopes import ALL_SCOPES, Scope
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import KEYS
from roomreel.service.database.upsert import insert_new
from roomreel.text import no_such, shortened

SID = re.compile(r"SK[0-9a-f]{32}")
_SECRET_BYTES = 32
# A person reads it in a list.
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Key:
    """A key as the database knows it, without its secret.

    Attributes:
        sid: SK and 32 hex digits: the name of a user in HTTP Basic.
        name: what a person calls it; no two keys that are not revoked have the same.
        date_expires: None of one that does not.
        date_used: when it last let somebody in, to the minute.
        date_revoked: None of one that is not.
    """

    sid: str
    name: str
    scopes: frozenset[Scope]
    date_created: datetime
    date_expires: datetime | None = None
    date_used: datetime | None = None
    date_revoked: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Return whether it lets somebody in."""
        return self.date_revoked is None and (self.date_expires is None or now < self.date_expires)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key and the SHA-256 of its secret."""

    key: Key
    secret_sha256: bytes


def create_key(
    database: Database, name: str, scopes: Collection[Scope], expires: datetime | None = None
) -> tuple[Key, str]:
    """Make a key; return it and its secret, of which nothing but a digest is kept.

    Raises:
        ArgumentsInvalid: the name is taken or none, there is no scope, or it expires in the past.
    """
    now = datetime.now(UTC)
    _refuse_unfit(name, scopes, expires, now)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = Key(f"SK{secrets.token_hex(16)}", name, frozenset(scopes), now, expires)
    row = {
        "sid": key.sid,
        "name": key.name,
        "secret_sha256": digest_of(secret.encode()),
        "scopes": " ".join(sorted(key.scopes)),
        "date_created": key.date_created,
        "date_expires": key.date_expires,
    }
    with database.write() as connection:
        if not insert_new(connection, KEYS, row):
            raise ArgumentsInvalid(
                f"there is a key {name!r} already", "choose another name, or revoke that one first"
            )
    return key, secret


def list_keys(database: Database) -> list[Key]:
    """Return all keys, revoked ones too, newest first."""
    statement = select(KEYS).order_by(KEYS.c.date_created.desc(), KEYS.c.sid)
    with database.read() as connection:
        return [_stored(row).key for row in connection.execute(statement)]


def find_key(database: Database, sid: str) -> StoredKey | None:
    """Return the key of a sid; None where there is none."""
    with database.read() as connection:
        row = connection.execute(select(KEYS).where(KEYS.c.sid == sid)).first()
    return None if row is None else _stored(row)


def revoke_key(database: Database, name: str) -> Key:
    """End a key; return it as it was before. One that is revoked stays as it is.

    Args:
        name: its sid, or the name of one that is not revoked.

    Raises:
        NotFound: there is none.
    """
    matches = or_(KEYS.c.sid == name, (KEYS.c.name == name) & KEYS.c.date_revoked.is_(None))
    with database.write() as connection:
        row = connection.execute(select(KEYS).where(matches)).first()
        if row is not None:
            ended = update(KEYS).where(KEYS.c.sid == row.sid, KEYS.c.date_revoked.is_(None))
            connection.execute(ended.values(date_revoked=datetime.now(UTC)))
            return _stored(row).key
    raise _no_such_key(database, name)


def note_use(database: Database, sid: str, at: datetime, not_since: datetime) -> None:
    """Keep when a key was used, unless an instance has kept a use since an instant."""
    is_old = or_(KEYS.c.date_used.is_(None), KEYS.c.date_used < not_since)
    with database.write() as connection:
        connection.execute(update(KEYS).where(KEYS.c.sid == sid, is_old).values(date_used=at))


def digest_of(secret: bytes) -> bytes:
    """Return the digest that a secret is kept as.

    A plain SHA-256 will do: a secret has 256 random bits, of which none can be guessed.
    """
    return hashlib.sha256(secret).digest()


def _refuse_unfit(
    name: str, scopes: Collection[Scope], expires: datetime | None, now: datetime
) -> None:
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise ArgumentsInvalid(
            f"{shortened(name)!r} is no name of a key",
            f"it has 1 to {_LONGEST_NAME} characters that can be seen",
        )
    if SID.fullmatch(name):
        raise ArgumentsInvalid(f"{name} is the sid of a key", "choose a name for people")
    if not scopes:
        raise ArgumentsInvalid("a key without a scope lets nobody in", "give it one or more")
    if expires is not None and expires <= now:
        raise ArgumentsInvalid("the key would have expired already", "choose a later time")


def _no_such_key(database: Database, name: str) -> NotFound:
    known = [key.name for key in list_keys(database) if key.date_revoked is None]
    return no_such("key", shortened(name), known)


def _stored(row: Row[Any]) -> StoredKey:
    # A scope that a newer version knows lets nobody do anything here.
    scopes = frozenset(Scope(word) for word in row.scopes.split() if word in ALL_SCOPES)
    key = Key(
        row.sid,
        row.name,
        scopes,
        row.date_created,
        row.date_expires,
        row.date_used,
        row.date_revoked,
    )
    return StoredKey(key, row.secret_sha256)
