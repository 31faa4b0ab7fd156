"""Whoever calls the API, found by name and password in constant time.

What is read of a key counts for a second or two, so a revoked one ends within that on every
instance; what it is compared with is always the secret of this request.
"""

from __future__ import annotations

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock

from roomreel.errors import RoomreelError
from roomreel.logs import LOG
from roomreel.service.access.account import Account
from roomreel.service.access.keys import (
    SID,
    StoredKey,
    digest_of,
    find_key,
    note_use,
)
from roomreel.service.access.scopes import ALL_SCOPES, Scope
from roomreel.service.database.connections import Database

BELIEVED_S = 2.0
"""How long what was read of a key counts; a revoked one has to end within 5 s."""

# Also of sids that nobody has: whoever tries them at random gets no more memory than this.
_MOST_BELIEVED = 10_000
_USE_NOTED_EACH = timedelta(minutes=1)
# What is compared with where there is no key, so that it takes as long.
_NO_DIGEST = bytes(32)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever sent a request.

    Attributes:
        sid: of the account, or of the key.
        name: of the key; "" of the account.
    """

    sid: str
    name: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class _Read:
    stored: StoredKey | None
    until: float


class Callers:
    """Finds callers; one for all threads of a process.

    Args:
        account: returns the account as it is now.
        clock: seconds that never go back.
    """

    def __init__(
        self,
        database: Database,
        account: Callable[[], Account],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._account = account
        self._clock = clock
        self._read: OrderedDict[str, _Read] = OrderedDict()
        self._noted: dict[str, datetime] = {}
        self._lock = Lock()
        # A writer may have to wait, and no request is to wait for this one.
        self._notes = ThreadPoolExecutor(1, "key-use")

    def is_at_hand(self, name: str) -> bool:
        """Return whether `find` will answer without asking the database."""
        return SID.fullmatch(name) is None or self._believed(name) is not None

    def find(self, name: str, password: str) -> Caller | None:
        """Return the caller of a name and a password; None where they let nobody in.

        Args:
            name: sid of the account or of a key.

        Raises:
            ServiceDatabaseFailed: the database does not answer.
        """
        given = digest_of(password.encode("utf-8", "surrogatepass"))
        account = self._account()
        if hmac.compare_digest(name.encode("utf-8", "surrogatepass"), account.sid.encode()):
            is_right = hmac.compare_digest(digest_of(account.auth_token.encode()), given)
            return Caller(account.sid, "", ALL_SCOPES) if is_right else None
        return self._find_key(name, given)

    def close(self) -> None:
        """Wait until what is to be kept is kept."""
        self._notes.shutdown()

    def _find_key(self, name: str, given: bytes) -> Caller | None:
        stored = self._stored(name) if SID.fullmatch(name) else None
        is_right = hmac.compare_digest(stored.secret_sha256 if stored else _NO_DIGEST, given)
        now = datetime.now(UTC)
        if stored is None or not is_right or not stored.key.is_valid(now):
            return None
        self._note_use(name, now)
        return Caller(name, stored.key.name, stored.key.scopes)

    def _stored(self, sid: str) -> StoredKey | None:
        read = self._believed(sid)
        if read is None:
            # The time before, not after: so nothing counts longer than it should.
            until = self._clock() + BELIEVED_S
            read = _Read(find_key(self._database, sid), until)
            with self._lock:
                self._read[sid] = read
                self._read.move_to_end(sid)
                while len(self._read) > _MOST_BELIEVED:
                    self._read.popitem(last=False)
        return read.stored

    def _believed(self, sid: str) -> _Read | None:
        read = self._read.get(sid)
        return read if read is not None and self._clock() < read.until else None

    def _note_use(self, sid: str, now: datetime) -> None:
        """Have the use of a key kept, once a minute."""
        with self._lock:
            noted = self._noted.get(sid)
            if noted is not None and now - noted < _USE_NOTED_EACH:
                return
            self._noted[sid] = now
        with suppress(RuntimeError):  # it is closed: this request is among the last
            self._notes.submit(self._keep_use, sid, now)

    def _keep_use(self, sid: str, now: datetime) -> None:
        try:
            note_use(self._database, sid, now, now - _USE_NOTED_EACH)
        except RoomreelError as error:
            LOG.warning("the last use of key %s is not kept: %s", sid, error)
