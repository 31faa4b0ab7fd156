"""`roomreel callbacks`: what was sent, to whom, and again."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, update
from typer.testing import CliRunner, Result

from roomreel.cli import app
from roomreel.errors import NotFound
from roomreel.model.callback import Callback
from roomreel.service.access.account_file import open_account
from roomreel.service.callbacks.events import Event, add_event
from roomreel.service.database.connections import open_database
from roomreel.service.database.tables import CALLBACK_TRIES, DELIVERIES
from roomreel.settings import load

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ROOM, SID, OTHER = "RM" + "1" * 32, "CJ" + "1" * 32, "CJ" + "2" * 32


@pytest.fixture(autouse=True)
def _outbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOMREEL_STORE", str(tmp_path))
    monkeypatch.delenv("ROOMREEL_ACCOUNT", raising=False)
    open_account(load())
    callback = Callback("https://user:hush@app.example.org/x?token=hush")
    with closing(open_database(load())) as database, database.write() as connection:
        for sid in (SID, OTHER):
            add_event(connection, Event(sid, ROOM, "composition-started", NOW, {}, callback), 1)
        given_up = {"status": "given-up", "tries": 1}
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.event_id == 1).values(given_up))
        tried = {"event_id": 1, "date": NOW, "url": "https://app.example.org/x", "ms": 5}
        words = {"http_status": 404, "answer": "not here"}
        connection.execute(insert(CALLBACK_TRIES).values(tried | words))


def callbacks(*words: str) -> Result:
    return CliRunner().invoke(app, ["callbacks", *words])


def test_they_are_listed_and_filtered() -> None:
    found = json.loads(callbacks("list", "--json").stdout)
    assert [(row["id"], row["sid"], row["status"]) for row in found] == [
        (2, OTHER, "waiting"),
        (1, SID, "given-up"),
    ]
    for words in (("--status", "given-up"), ("--sid", SID)):
        (row,) = json.loads(callbacks("list", "--json", *words).stdout)
        assert row["id"] == 1
    assert len(json.loads(callbacks("list", "--json", "--room", ROOM).stdout)) == 2
    assert json.loads(callbacks("list", "--json", "--until", "2026-11-29").stdout) == []
    assert "composition-started" in callbacks("list").stdout


def test_one_is_shown_with_its_tries_and_without_secrets() -> None:
    for form in ((), ("--json",)):
        shown = callbacks("show", "1", *form).output
        for words in ("404", "not here", "StatusCallbackEvent", "https://app.example.org/x"):
            assert words in shown
        assert "hush" not in shown


def test_several_are_sent_again() -> None:
    said = callbacks("redeliver", "1", "2").output
    assert f"1 (composition-started of {SID}) is sent again" in said
    assert all(row["status"] == "waiting" for row in json.loads(callbacks("list", "--json").stdout))


@pytest.mark.parametrize("verb", ["show", "redeliver"])
def test_what_is_not_there_is_not_found(verb: str) -> None:
    assert isinstance(callbacks(verb, "77").exception, NotFound)


def test_no_database_is_made_to_look_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOMREEL_STORE", str(tmp_path / "other"))
    assert isinstance(callbacks("list").exception, NotFound)
    assert not (tmp_path / "other").exists()
