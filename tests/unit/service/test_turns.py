"""Turns: one caller at a time, also where one of them is killed."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from roomreel.errors import Conflict
from roomreel.service.database import turns
from roomreel.service.database.connections import Database
from roomreel.service.database.leases import take_lease
from roomreel.service.database.tables import LEASES
from roomreel.service.database.turns import turn

SHORT = timedelta(seconds=0.2)


def until(database: Database) -> datetime | None:
    with database.read() as connection:
        found: datetime | None = connection.execute(select(LEASES.c.until)).scalar()
        return found


def test_the_turn_of_one_who_was_killed_is_had_by_who_repeats(database: Database) -> None:
    assert take_lease(database, "a room", "killed", SHORT)
    with turn(database, "a room"):
        pass
    assert until(database) is None


def test_what_killed_ones_had_does_not_stay_for_ever(database: Database) -> None:
    for number, days in enumerate((0, 2, 400)):
        assert take_lease(database, f"room {number}", "killed", -timedelta(days=days))
    with turn(database, "another one"):
        pass
    with database.read() as connection:
        assert connection.execute(select(LEASES.c.name)).scalars().all() == ["room 0"]


def test_whoever_lives_keeps_the_turn(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "_RENEWED_S", 0.01)
    monkeypatch.setattr(turns, "_PATIENCE_S", 0.1)
    with turn(database, "a room"):
        first = until(database)
        assert first is not None
        while until(database) == first:  # it is renewed
            time.sleep(0.01)
        with (
            pytest.raises(Conflict, match="others change the same thing"),
            turn(database, "a room"),
        ):
            pass
        with turn(database, "another one"):
            pass


def test_a_killed_one_keeps_nobody_waiting_for_longer_than_they_wait() -> None:
    assert timedelta(seconds=turns._PATIENCE_S) > turns.LASTS > timedelta(seconds=turns._RENEWED_S)
