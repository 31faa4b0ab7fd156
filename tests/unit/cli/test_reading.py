"""What the reading verbs say where nothing was written yet, and how they name a room."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.columns import COLUMNS
from roomreel.catalog.record import RoomRecord, record
from roomreel.cli import app
from roomreel.errors import NotFound

SID = "CJ" + "0" * 32
WHAT = [
    ["list", "rooms"],
    ["list", "recordings"],
    ["list", "compositions", "--json"],
    ["show", SID],
    ["show", "standup"],
    ["sql", "SELECT count(*) FROM rooms"],
    ["report", "--html", "report.html"],
    ["media", SID],
    ["delete", "compositions", SID, "--yes"],
    ["delete", "compositions", "--room", "standup", "--yes"],
]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    store = tmp_path / "store"
    monkeypatch.setenv("ROOMREEL_STORE", str(store))
    return store


@pytest.mark.parametrize("words", WHAT, ids=" ".join)
def test_catalogs_that_are_not_there_are_said_to_be(words: list[str], store: Path) -> None:
    error = CliRunner().invoke(app, words).exception
    assert isinstance(error, NotFound)
    assert error.message == f"there are no catalogs in {store / 'catalog'}"
    assert "roomreel nightly" in error.remedy
    assert not store.with_name("report.html").exists()


def test_a_room_is_shown_by_its_name(store: Path, room_record: Callable[..., RoomRecord]) -> None:
    rooms = [room_record(1), room_record(2), room_record(3, unique_name="room-2")]
    record(Catalog.open(store / "catalog", store / "journal"), rooms, [], None)
    by_name = CliRunner().invoke(app, ["show", "room-1", "--json"])
    assert json.loads(by_name.stdout)["sid"] == rooms[0].manifest.room.sid
    assert CliRunner().invoke(app, ["show", rooms[0].manifest.room.sid, "--json"]).stdout == (
        by_name.stdout
    )
    several = CliRunner().invoke(app, ["show", "room-2"]).exception
    assert isinstance(several, NotFound)
    assert all(room.manifest.room.sid in several.remedy for room in rooms[1:])
    mistyped = CliRunner().invoke(app, ["show", "rom-1"]).exception
    assert isinstance(mistyped, NotFound)
    assert "room-1" in f"{mistyped.message} {mistyped.remedy}"


def test_columns_are_described_without_any_catalog(store: Path) -> None:
    told = CliRunner().invoke(app, ["columns", "recordings"]).stdout.splitlines()
    at = told.index("recordings.gap_ms: int64, ms, from the file")
    assert told[at + 1] == "    length of these pauses together"
    every = json.loads(CliRunner().invoke(app, ["columns", "--json"]).stdout)
    assert {row["table"] for row in every} == set(COLUMNS)
    assert all(row["meaning"] for row in every)
    assert not store.exists()
