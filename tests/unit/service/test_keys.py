"""Keys of the API, and who is found by them; on SQLite and PostgreSQL."""

from __future__ import annotations

import ast
import hmac
import inspect
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from roomreel.errors import ArgumentsInvalid, NotFound, ServiceDatabaseFailed
from roomreel.service.access import callers as callers_module
from roomreel.service.access.account import make_account
from roomreel.service.access.callers import BELIEVED_S, Caller, Callers
from roomreel.service.access.keys import (
    create_key,
    find_key,
    list_keys,
    note_use,
    revoke_key,
)
from roomreel.service.access.scopes import ALL_SCOPES, Scope

ACCOUNT = make_account(None)
NONE = "SK" + "0" * 32


class Clock:
    """Seconds that a test moves on."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def callers(database, clock):
    made = Callers(database, lambda: ACCOUNT, clock)
    yield made
    made.close()


@pytest.fixture
def statements(database) -> list[str]:
    """The statements that the database was asked."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    return asked


def test_a_key_is_made_and_lets_its_holder_in(database, callers):
    key, secret = create_key(database, "phone app", [Scope.READ, Scope.MEDIA])
    assert re.fullmatch("SK[0-9a-f]{32}", key.sid)
    assert len(secret) == 43  # 256 bits in Base64
    found = callers.find(key.sid, secret)
    assert found == Caller(key.sid, "phone app", frozenset({Scope.READ, Scope.MEDIA}))


def test_the_token_of_the_account_lets_do_everything(callers):
    assert callers.find(ACCOUNT.sid, ACCOUNT.auth_token) == Caller(ACCOUNT.sid, "", ALL_SCOPES)


WRONG = ["", " ", "x", "0" * 32, "é", "\ud800", "\0", "a" * 100_000]


@pytest.mark.parametrize("password", WRONG, ids=range(len(WRONG)))
def test_wrong_passwords_let_nobody_in(database, callers, password):
    key, _ = create_key(database, "one", [Scope.READ])
    other, secret = create_key(database, "other", [Scope.READ])
    for name in (key.sid, ACCOUNT.sid, NONE, "", "AC" + "1" * 32, "é", "\ud800", "\0", "SK"):
        assert callers.find(name, password) is None
    assert callers.find(key.sid, secret) is None
    assert callers.find(other.sid, secret)
    assert callers.find(ACCOUNT.sid, secret) is None
    assert callers.find(other.sid, ACCOUNT.auth_token) is None


def test_a_digest_is_no_password(database, callers):
    key, _ = create_key(database, "one", [Scope.READ])
    stored = find_key(database, key.sid)
    assert stored
    assert len(stored.secret_sha256) == 32
    for word in (stored.secret_sha256.hex(), stored.secret_sha256.decode("latin-1")):
        assert callers.find(key.sid, word) is None


def test_no_secret_is_in_the_database(database):
    _, secret = create_key(database, "one", [Scope.READ])
    with database.read() as connection:
        row = connection.execute(text("SELECT * FROM keys")).one()
    assert all(secret not in str(value) for value in row)
    assert secret.encode() not in [*row]


def test_a_revoked_key_ends_within_seconds_and_on_every_instance(database, clock, callers):
    other = Callers(database, lambda: ACCOUNT, clock)
    key, secret = create_key(database, "one", [Scope.READ])
    assert callers.find(key.sid, secret)
    assert other.find(key.sid, secret)
    revoke_key(database, "one")
    assert BELIEVED_S <= 5
    clock.now += BELIEVED_S
    assert callers.find(key.sid, secret) is None
    assert other.find(key.sid, secret) is None
    other.close()


def test_what_cannot_be_read_lets_nobody_in_any_more(database, clock, callers, monkeypatch):
    key, secret = create_key(database, "one", [Scope.READ])
    assert callers.find(key.sid, secret)

    def fail(*_: object) -> None:
        raise ServiceDatabaseFailed("it is gone")

    monkeypatch.setattr(callers_module, "find_key", fail)
    clock.now += BELIEVED_S
    with pytest.raises(ServiceDatabaseFailed):
        callers.find(key.sid, secret)


def test_a_key_expires(database, callers, monkeypatch):
    key, secret = create_key(
        database, "one", [Scope.READ], datetime.now(UTC) + timedelta(seconds=60)
    )
    assert callers.find(key.sid, secret)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + timedelta(seconds=61)

    monkeypatch.setattr(callers_module, "datetime", Later)
    assert callers.find(key.sid, secret) is None


def test_many_requests_ask_the_database_once(database, callers, statements):
    key, secret = create_key(database, "one", [Scope.READ])
    assert not callers.is_at_hand(key.sid)
    for _ in range(300):
        assert callers.find(key.sid, secret)
    callers.close()
    assert len([one for one in statements if one.startswith("SELECT")]) == 1
    assert len([one for one in statements if one.startswith("UPDATE")]) == 1
    assert callers.is_at_hand(key.sid)


def test_a_name_that_is_no_sid_of_a_key_asks_nothing(callers, statements):
    for name in ("", "AC" + "1" * 32, "SK1", "x" * 10_000, ACCOUNT.sid):
        assert callers.is_at_hand(name)
        callers.find(name, "secret")
    assert statements == []


def test_random_sids_take_no_memory_without_end(database, callers, monkeypatch):
    monkeypatch.setattr(callers_module, "_MOST_BELIEVED", 5)
    for n in range(20):
        assert callers.find(f"SK{n:032x}", "secret") is None
    assert len(callers._read) == 5


def test_the_last_use_is_kept_once_a_minute(database, callers):
    key, secret = create_key(database, "one", [Scope.READ])
    before = datetime.now(UTC)
    callers.find(key.sid, secret)
    callers.close()
    (used,) = [one.date_used for one in list_keys(database)]
    assert used
    assert before <= used <= datetime.now(UTC)


def test_two_instances_keep_a_use_once(database):
    key, _ = create_key(database, "one", [Scope.READ])
    first = datetime.now(UTC)
    later = first + timedelta(seconds=30)
    note_use(database, key.sid, first, first - timedelta(minutes=1))
    note_use(database, key.sid, later, later - timedelta(minutes=1))
    assert [one.date_used for one in list_keys(database)] == [first]
    last = first + timedelta(seconds=61)
    note_use(database, key.sid, last, last - timedelta(minutes=1))
    assert [one.date_used for one in list_keys(database)] == [last]


def test_a_use_that_cannot_be_kept_fails_no_request(database, callers, monkeypatch, caplog):
    key, secret = create_key(database, "one", [Scope.READ])

    def fail(*_: object) -> None:
        raise ServiceDatabaseFailed("it is gone")

    monkeypatch.setattr(callers_module, "note_use", fail)
    with caplog.at_level(logging.WARNING):
        assert callers.find(key.sid, secret)
        callers.close()
    assert "is not kept" in caplog.text
    assert secret not in caplog.text


def test_a_name_is_of_one_key_until_that_is_revoked(database):
    first, _ = create_key(database, "one", [Scope.READ])
    with pytest.raises(ArgumentsInvalid, match="there is a key 'one' already"):
        create_key(database, "one", [Scope.WRITE])
    revoke_key(database, "one")
    second, _ = create_key(database, "one", [Scope.WRITE])
    assert {key.sid for key in list_keys(database)} == {first.sid, second.sid}
    revoke_key(database, "one")
    third, _ = create_key(database, "one", [Scope.WRITE])
    assert [key.sid for key in list_keys(database) if key.date_revoked is None] == [third.sid]


def test_of_several_who_ask_for_a_name_one_gets_it(database):
    def ask(_: int) -> int:
        try:
            create_key(database, "one", [Scope.READ])
        except ArgumentsInvalid:
            return 0
        return 1

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(ask, range(4))) == 1


def test_a_key_is_revoked_by_sid_and_stays_revoked(database):
    key, _ = create_key(database, "one", [Scope.READ])
    revoke_key(database, key.sid)
    (first,) = list_keys(database)
    assert first.date_revoked
    revoke_key(database, key.sid)
    assert list_keys(database) == [first]


def test_there_has_to_be_a_key_to_revoke(database):
    create_key(database, "telephone", [Scope.READ])
    with pytest.raises(NotFound, match="there is no key 'telefone'") as failure:
        revoke_key(database, "telefone")
    assert "telephone" in failure.value.remedy


NAMES = ["", "  ", "x" * 101, "a\nb", "a\0b", "\u202eabc", NONE, "a\ud800"]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_that_people_cannot_read_are_refused(database, name):
    with pytest.raises(ArgumentsInvalid):
        create_key(database, name, [Scope.READ])
    assert list_keys(database) == []


def test_a_key_has_scopes_and_a_future(database):
    with pytest.raises(ArgumentsInvalid, match="without a scope"):
        create_key(database, "one", [])
    with pytest.raises(ArgumentsInvalid, match="expired already"):
        create_key(database, "one", [Scope.READ], datetime.now(UTC))


@pytest.mark.parametrize("name", ["'; DROP TABLE keys; --", "%", "_", "Zoë 茶 😀"])
def test_names_are_only_values(database, name):
    create_key(database, "other", [Scope.READ])
    key, _ = create_key(database, name, [Scope.READ])
    revoke_key(database, name)
    assert [one.sid for one in list_keys(database) if one.date_revoked] == [key.sid]


def test_a_scope_of_a_newer_version_lets_do_nothing(database, callers):
    key, secret = create_key(database, "one", [Scope.READ])
    with database.write() as connection:
        connection.execute(text("UPDATE keys SET scopes = 'read everything'"))
    found = callers.find(key.sid, secret)
    assert found
    assert found.scopes == {Scope.READ}


def test_secrets_are_compared_in_constant_time(database, callers, monkeypatch):
    """By `hmac.compare_digest`, over digests of one length, whether or not there is such a key."""
    key, secret = create_key(database, "one", [Scope.READ])
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def note(one: bytes, other: bytes) -> bool:
        compared.append((len(one), len(other)))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", note)
    for name in (key.sid, NONE, "nobody", ACCOUNT.sid):
        for password in (secret, "", "x" * 1000):
            compared.clear()
            callers.find(name, password)
            assert compared[-1] == (32, 32)
            assert len(compared) == 2


def test_no_secret_is_compared_by_an_operator():
    """`==` ends at the first difference: none of the code that finds callers has one on secrets."""
    tree = ast.parse(inspect.getsource(callers_module))
    compared = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        if any(isinstance(one, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for one in node.ops)
    ]
    assert compared == []
