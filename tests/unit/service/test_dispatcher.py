"""The dispatcher: whose turn it is, and what is taken back from runs that are gone."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import insert, select, update

from roomreel.catalog.catalog import open_catalog
from roomreel.documents.template import canonical_template
from roomreel.errors import OrchestratorFailed
from roomreel.model.selection import Selection
from roomreel.model.table import Table
from roomreel.model.template import Template
from roomreel.service.database.tables import EVENTS, REQUESTS, ROOMS
from roomreel.service.requests.dispatcher import MOST_A_RUN, Dispatcher, choose
from roomreel.service.requests.requests import Request, Status, enqueue, new_sid

NOW = datetime.now(UTC)
TEMPLATE = orjson.loads(canonical_template(Template("api", audio=Selection(("*",)))))


class FakeRuns:
    """Notes what is started; `gone` are the tickets of runs that have ended."""

    def __init__(self) -> None:
        self.started: dict[str, list[str]] = {}
        self.gone: set[str] = set()
        self.given_up: list[str] = []
        self.is_away = False

    def start(self, ticket: str, sids: Sequence[str]) -> None:
        if self.is_away:
            raise OrchestratorFailed("no answer")
        self.started[ticket] = list(sids)

    def give_up(self, ticket: str) -> None:
        self.given_up.append(ticket)

    def find_ended(self, tickets: Collection[str]) -> set[str]:
        return {*tickets} & (self.gone | ({*tickets} - self.started.keys()))


@pytest.fixture
def dispatcher(database, settings):
    return Dispatcher(database, FakeRuns(), settings, "this one")


def room(database, number: int, status: str = "completed") -> str:
    sid = f"RM{number:032x}"
    row = {"sid": sid, "rev": 0, "updated_at": NOW, "status": status, "date_created": NOW}
    known = {column.name for column in ROOMS.c}
    more = {"name_key": sid, "row": {"sid": sid}, "day": None, "unique_name": sid}
    values = {name: value for name, value in {**row, **more}.items() if name in known}
    with database.write() as connection:
        connection.execute(insert(ROOMS).values(values))
    return sid


def ask(database, of: str, **values: object) -> str:
    sid = new_sid(datetime.now(UTC))
    request = Request(sid, of, "lesson", Status.ENQUEUED, TEMPLATE, "api", datetime.now(UTC))
    with database.write() as connection:
        enqueue(connection, request, 10_000)
        if values:
            connection.execute(update(REQUESTS).where(REQUESTS.c.sid == sid).values(**values))
    return sid


def row(database, sid: str):
    with database.read() as connection:
        return connection.execute(select(REQUESTS).where(REQUESTS.c.sid == sid)).one()


def test_a_lone_request_goes_at_once(database, dispatcher):
    sid = ask(database, room(database, 1))
    dispatcher.step()
    [(ticket, sids)] = dispatcher.runs.started.items()
    assert sids == [sid]
    assert row(database, sid).run_id == ticket
    dispatcher.step()
    assert len(dispatcher.runs.started) == 1


def test_a_room_that_goes_on_is_waited_for(database, dispatcher):
    sid = ask(database, room(database, 1, "in-progress"))
    dispatcher.step()
    assert dispatcher.runs.started == {}
    with database.write() as connection:
        connection.execute(update(ROOMS).values(status="completed"))
    dispatcher.step()
    assert [*dispatcher.runs.started.values()] == [[sid]]


def test_what_comes_while_runs_are_at_work_goes_together(database, dispatcher, settings):
    of = room(database, 1)
    for _ in range(settings.request_runs):
        ask(database, of)
        dispatcher.step()
    assert len(dispatcher.runs.started) == settings.request_runs
    waiting = {ask(database, of) for _ in range(5)}
    dispatcher.step()
    assert len(dispatcher.runs.started) == settings.request_runs
    with database.write() as connection:
        first = next(iter(dispatcher.runs.started))
        mine = update(REQUESTS).where(REQUESTS.c.run_id == first)
        connection.execute(mine.values(status=Status.COMPLETED))
    dispatcher.step()
    assert {*[*dispatcher.runs.started.values()][-1]} == waiting


def test_one_room_of_thousands_does_not_take_the_turn_of_the_others(database, dispatcher):
    crowd, other = room(database, 1), room(database, 2)
    for _ in range(MOST_A_RUN + 50):
        ask(database, crowd)
    sid = ask(database, other)
    dispatcher.step()
    assert any(sid in sids for sids in [*dispatcher.runs.started.values()][:2])


def test_choosing_keeps_rooms_together_and_within_the_limit():
    waiting = [(f"{number}-{of}", str(of)) for number in range(40) for of in range(5)]
    chosen = choose(waiting)
    assert len(chosen) <= MOST_A_RUN
    counts = {of: sum(sid.endswith(f"-{of}") for sid in chosen) for of in range(5)}
    assert set(counts.values()) <= {0, 40}
    assert choose([]) == []
    assert len(choose((str(number), "one") for number in range(1000))) == MOST_A_RUN


def test_a_request_of_a_run_that_ended_is_in_the_queue_again(database, dispatcher):
    sid = ask(database, room(database, 1))
    dispatcher.step()
    [ticket] = dispatcher.runs.started
    with database.write() as connection:
        connection.execute(update(REQUESTS).values(status=Status.PROCESSING, attempts=1))
    dispatcher.runs.gone.add(ticket)
    dispatcher.step()
    assert row(database, sid).run_id == ticket  # it is held as long as the run may be alive
    with database.write() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(REQUESTS).values(held_until=past))
    dispatcher.step()
    assert row(database, sid).run_id not in {None, ticket}
    assert row(database, sid).status == Status.ENQUEUED


def test_a_run_that_is_at_work_keeps_what_it_has(database, dispatcher):
    sid = ask(database, room(database, 1))
    dispatcher.step()
    [ticket] = dispatcher.runs.started
    with database.write() as connection:
        connection.execute(update(REQUESTS).values(held_until=NOW - timedelta(hours=1)))
    dispatcher.step()
    assert row(database, sid).run_id == ticket


@pytest.mark.parametrize("answered_for_s", [10, 60])
def test_a_run_that_is_not_heard_of_is_given_up(database, dispatcher, answered_for_s):
    sid = ask(database, room(database, 1))
    dispatcher.step()
    [ticket] = dispatcher.runs.started
    long_ago = datetime.now(UTC) - timedelta(seconds=31)
    with database.write() as connection:
        values = {"held_until": long_ago, "status": Status.PROCESSING, "attempts": 1}
        connection.execute(update(REQUESTS).values(values))
    # A database that was away may have kept the run from being heard of.
    dispatcher._failed_at = time.monotonic() - answered_for_s
    dispatcher.step()
    assert dispatcher.runs.given_up == ([ticket] if answered_for_s > 30 else [])
    assert (row(database, sid).run_id == ticket) is (answered_for_s < 30)


def test_what_was_lost_too_often_has_failed(database, dispatcher, settings):
    sid = ask(database, room(database, 1), attempts=settings.max_attempts)
    dispatcher.step()
    assert dispatcher.runs.started == {}
    assert row(database, sid).status == Status.FAILED
    found = open_catalog(settings).find(Table.COMPOSITIONS, [sid])[sid]
    assert (found["status"], found["failure_code"]) == ("failed", "render-failed")
    assert "lost 3 times" in found["failure_message"]
    with database.read() as connection:
        assert connection.execute(select(EVENTS.c.name)).scalars().all() == ["composition-failed"]


def test_a_server_that_is_away_loses_nothing(database, dispatcher):
    sid = ask(database, room(database, 1))
    dispatcher.runs.is_away = True
    with pytest.raises(OrchestratorFailed):
        dispatcher.step()
    dispatcher.runs.is_away = False
    with database.write() as connection:
        connection.execute(update(REQUESTS).values(held_until=NOW - timedelta(hours=1)))
    dispatcher.step()
    assert [*dispatcher.runs.started.values()] == [[sid]]
