"""Clocks that are set back or forth: nothing waits longer than it may, and nothing is lost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from roomreel.errors import ServiceDatabaseFailed
from roomreel.model.callback import Callback
from roomreel.service import clocks
from roomreel.service.access.account import make_account
from roomreel.service.callbacks.deliverer import Deliverer
from roomreel.service.callbacks.events import Event, add_event
from roomreel.service.clocks import LIMITS, ClockWatch, set_right
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import (
    CLAIMS,
    COMPLETED_ROOMS,
    DELIVERIES,
    LEASES,
    METADATA,
    REQUESTS,
)
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from archive import NOON, composition_sid, sid_of
from receiver import Receiver, receiver

NOW = datetime.now(UTC).replace(microsecond=0)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
JUMPS = [timedelta(minutes=5), HOUR, timedelta(days=1), timedelta(days=4000)]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path / "received") as one:
        yield one


def fill(database: Database, ahead: timedelta, url: str = "https://app.example.org/x") -> None:
    """Write one of each that waits, as a clock that is ahead does."""
    now = NOW + ahead
    sid, room = composition_sid(1), sid_of("RM", 1)
    request = {
        "sid": sid,
        "room_sid": room,
        "room_name": "call",
        "status": "processing",
        "priority": 0,
        "template": {},
        "template_name": "api",
        "date_created": NOON,
        "run_id": "gone",
        "held_until": now + 60 * SECOND,
    }
    rows = {
        LEASES: {"name": "refresh", "holder": "gone", "until": now + 30 * SECOND},
        CLAIMS: {"sid": sid, "holder": "gone", "until": now + 60 * SECOND},
        REQUESTS: request,
        COMPLETED_ROOMS: {"sid": room, "date": now, "due": now + 60 * SECOND},
    }
    with database.write() as connection:
        for table, row in rows.items():
            connection.execute(insert(table).values(row))
        for number, name in enumerate(["composition-started", "composition-available"]):
            for stream in (1, 2):
                event = Event(composition_sid(stream), room, name, NOON, {}, Callback(url), number)
                assert add_event(connection, event, 1)
        connection.execute(update(DELIVERIES).values(since=now, due=now + 5 * SECOND))
        held = {"holder": "gone", "held_until": now + 60 * SECOND, "due": now + 60 * SECOND}
        first = DELIVERIES.c.event_id == 1
        connection.execute(update(DELIVERIES).where(first).values(held))


def times(database: Database) -> dict[str, list[datetime]]:
    with database.read() as connection:
        return {
            f"{limit.column.table.name}.{limit.column.name}": sorted(
                connection.execute(
                    select(limit.column).where(limit.of, limit.column.is_not(None))
                ).scalars()
            )
            for limit in LIMITS
        }


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_clock_that_is_set_back_lets_nothing_wait_for_as_long(
    database: Database, jump: timedelta
) -> None:
    fill(database, jump)
    wall, steady = [NOW + jump, NOW + SECOND], [100.0, 101.0]
    watch = ClockWatch(lambda: wall[0], lambda: steady[0])
    watch.work(database)  # in step
    before = times(database)
    del wall[0], steady[0]
    watch.work(database)
    found = times(database)
    assert found.keys() == before.keys()
    for limit, (name, ahead) in zip(LIMITS, found.items(), strict=True):
        assert before[name] > ahead, name
        assert [one - wall[0] for one in ahead] == [limit.becomes] * len(ahead), name
    # And once more: nothing is left to be done.
    watch.work(database)
    assert times(database) == found


@pytest.mark.parametrize("jump", JUMPS[2:], ids=str)
def test_who_starts_after_that_finds_it_too(database: Database, jump: timedelta) -> None:
    fill(database, jump)
    ClockWatch(lambda: NOW, lambda: 5.0).work(database)
    for limit, (name, ahead) in zip(LIMITS, times(database).items(), strict=True):
        assert all(one - NOW <= limit.most for one in ahead), name


def test_what_waits_as_it_should_is_left_alone(database: Database) -> None:
    for ahead in (timedelta(0), -HOUR, -timedelta(days=1)):
        fill(database, ahead)
        before = times(database)
        assert set_right(database, NOW) == 0
        assert times(database) == before
        with database.write() as connection:
            for table in reversed(METADATA.sorted_tables):
                connection.execute(table.delete())
            for table in (LEASES, CLAIMS, REQUESTS, COMPLETED_ROOMS, DELIVERIES):
                assert connection.execute(select(table)).first() is None


@pytest.mark.parametrize(
    ("wall_s", "steady_s", "is_back"),
    [
        (10, 10, False),
        (3610, 10, False),  # set forth
        (9, 10, False),  # corrected a little
        (-3590, 10, True),
        (0, 10, True),  # stood still
        (5, 3605, True),
    ],
)
def test_only_a_clock_that_is_set_back_is_one(
    database: Database, monkeypatch: pytest.MonkeyPatch, wall_s: int, steady_s: int, is_back: bool
) -> None:
    said: list[bool] = []

    def note(_database: Database, _now: datetime, *, was_set_back: bool) -> int:
        said.append(was_set_back)
        return 0

    monkeypatch.setattr(clocks, "set_right", note)
    wall, steady = [NOW, NOW + wall_s * SECOND], [50.0, 50.0 + steady_s]
    watch = ClockWatch(lambda: wall.pop(0), lambda: steady.pop(0))
    watch.work(database)
    watch.work(database)
    assert said == [False, is_back]


def test_a_database_that_is_away_then_is_asked_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[Any] = [0, ServiceDatabaseFailed("it is away"), 3]
    said: list[bool] = []

    def answer(_database: Database, _now: datetime, *, was_set_back: bool) -> int:
        said.append(was_set_back)
        one = answers.pop(0)
        if isinstance(one, Exception):
            raise one
        return int(one)

    monkeypatch.setattr(clocks, "set_right", answer)
    walls, steady = [NOW, NOW - HOUR, NOW - HOUR + SECOND], [0.0, 1.0, 2.0]
    watch = ClockWatch(lambda: walls.pop(0), lambda: steady.pop(0))
    watch.work(database)
    with pytest.raises(ServiceDatabaseFailed):
        watch.work(database)
    watch.work(database)
    assert said == [False, True, True]


@pytest.mark.parametrize("hours", [-1, 1], ids=["back", "forth"])
def test_callbacks_that_wait_while_the_clock_is_set_arrive_in_their_order(
    database: Database, settings: Settings, app: Receiver, hours: int
) -> None:
    fill(database, -hours * HOUR, app.url("/ok"))
    set_right(database, NOW, was_set_back=hours < 0)
    with database.write() as connection:  # a minute later
        connection.execute(
            update(DELIVERIES)
            .where(DELIVERIES.c.held_until.is_not(None))
            .values(due=NOW, held_until=NOW)
        )
    account = make_account(None)
    allowed = settings.model_copy(update={"callback_allow": ["127.0.0.1"]})
    Deliverer(database, lambda: account, allowed, "x").work_off(30)
    for stream in (1, 2):
        names = ["composition-started", "composition-available"]
        assert app.events(composition_sid(stream)) == names
