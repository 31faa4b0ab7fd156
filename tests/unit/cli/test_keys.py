"""`roomreel keys`: what it prints, and what it never prints."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from roomreel.cli import app
from roomreel.errors import ArgumentsInvalid, NotFound, SettingsInvalid
from roomreel.service.access.account_file import open_account
from roomreel.service.access.sign_in_links import use_link
from roomreel.service.database.connections import open_database
from roomreel.settings import load


@pytest.fixture(autouse=True)
def _store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOMREEL_STORE", str(tmp_path))
    monkeypatch.delenv("ROOMREEL_ACCOUNT", raising=False)


def keys(*words: str) -> Result:
    return CliRunner().invoke(app, ["keys", *words])


def test_a_key_is_printed_once_and_as_curl_takes_it() -> None:
    made = keys("create", "phone app", "--scope", "read", "--scope", "media", "--expires", "90d")
    assert made.exit_code == 0, made.output
    assert re.fullmatch(r"SK[0-9a-f]{32}:[\w-]{43}\n", made.stdout)
    secret = made.stdout.strip().partition(":")[2]
    (row,) = json.loads(keys("list", "--json").stdout)
    assert (row["name"], row["scopes"], row["state"]) == ("phone app", "media read", "valid")
    assert row["expires"]
    for form in ((), ("--json",), ("--csv",)):
        shown = keys("list", *form).output
        assert row["sid"] in shown
        assert secret not in shown


def test_a_key_as_json() -> None:
    made = json.loads(keys("create", "one", "--json").stdout)
    assert made["scopes"] == "read"
    assert len(made["secret"]) == 43


def test_a_key_is_revoked() -> None:
    keys("create", "one")
    assert "is revoked" in keys("revoke", "one").output
    (row,) = json.loads(keys("list", "--json").stdout)
    assert row["state"] == "revoked"
    assert "was revoked before" in keys("revoke", row["sid"]).output
    assert isinstance(keys("revoke", "one").exception, NotFound)


@pytest.mark.parametrize(
    ("given", "set_to", "url"),
    [
        ((), None, "http://127.0.0.1:8080"),
        ((), "https://rooms.example.org/", "https://rooms.example.org"),
        (("--url", "http://here:90/"), "https://rooms.example.org", "http://here:90"),
    ],
)
def test_a_link_signs_in_once(
    given: tuple[str, ...], set_to: str | None, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if set_to:
        monkeypatch.setenv("ROOMREEL_SERVICE_URL", set_to)
    made = keys("link", *given)
    assert made.exit_code == 0, made.output
    link = re.fullmatch(re.escape(url) + r"/console/sign-in\?link=([\w-]{43})\n", made.stdout)
    assert link
    assert "10 minutes" in made.stderr
    settings = load()
    account = open_account(settings)
    with closing(open_database(settings)) as database:
        now = datetime.now(UTC)
        assert [use_link(database, account, link[1], now) for _ in range(2)] == [True, False]


def test_what_cannot_be_a_key_is_refused() -> None:
    assert isinstance(keys("create", "").exception, ArgumentsInvalid)
    assert isinstance(keys("create", "x", "--expires", "2020-01-01").exception, ArgumentsInvalid)
    assert keys("create", "x", "--scope", "everything").exit_code == 2
    assert keys("create", "x", "--expires", "soon").exit_code == 2
    assert json.loads(keys("list", "--json").stdout) == []


def test_the_token_is_rotated() -> None:
    assert isinstance(keys("rotate").exception, NotFound)
    account = open_account(load())
    rotated = keys("rotate").stdout.strip()
    sid, _, token = rotated.partition(":")
    assert sid == account.sid
    assert token != account.auth_token
    assert open_account(load()).auth_token == token


def test_a_token_in_the_environment_is_not_rotated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOMREEL_ACCOUNT", "{}")
    assert isinstance(keys("rotate").exception, SettingsInvalid)
