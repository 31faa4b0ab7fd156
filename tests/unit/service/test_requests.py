"""Requests: their states, and who may change them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from roomreel.errors import Conflict, TooManyRequests
from roomreel.model.table import composition_day
from roomreel.service.database.connections import Database
from roomreel.service.database.idempotency import Idempotency, find_earlier, keep
from roomreel.service.database.tables import EVENTS, REQUESTS
from roomreel.service.requests.requests import (
    Request,
    Status,
    begin,
    enqueue,
    find_requests,
    new_sid,
    put_back,
    renew,
    report_progress,
    take_requests,
)

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ROOM = "RM" + "1" * 32
RUN = "6d7a0cf6-0000-4000-8000-000000000001"
OTHER = "6d7a0cf6-0000-4000-8000-000000000002"


def ask(database: Database, name: str = "a", *, run: str | None = None, **values: object) -> str:
    sid = f"CJ{int(NOW.timestamp() * 1000):012x}{name.encode().hex():0>20}"
    request = Request(sid, ROOM, "lesson", Status.ENQUEUED, {}, "api", NOW)
    with database.write() as connection:
        enqueue(connection, request, 10)
        this = update(REQUESTS).where(REQUESTS.c.sid == sid)
        connection.execute(this.values(run_id=run, **values))
    return sid


def found(database: Database, sid: str) -> Request:
    with database.read() as connection:
        return find_requests(connection, [sid])[sid]


def events(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(EVENTS.c.name).order_by(EVENTS.c.id)).scalars())


def test_a_sid_says_when_it_was_asked_for():
    sid = new_sid(NOW)
    assert len(sid) == 34
    assert composition_day(sid) == NOW.date()
    assert new_sid(NOW) != sid


def test_more_than_may_wait_are_refused(database):
    for number in range(10):
        ask(database, str(number))
    with pytest.raises(TooManyRequests, match="10 requests"):
        ask(database, "one more")
    assert b"one more".hex() not in str(events(database))


def test_a_run_gets_what_it_was_given_and_nothing_else(database):
    mine, others, free = (
        ask(database, "a", run=RUN),
        ask(database, "b", run=OTHER),
        ask(database, "c"),
    )
    taken = take_requests(database, RUN, [mine, others, free])
    assert [request.sid for request in taken] == [mine]


@pytest.mark.parametrize("again", [False, True])
def test_a_retry_gets_what_failed_too(database, again):
    failed = ask(database, "a", run=RUN, status=Status.FAILED)
    deleted = ask(database, "b", run=RUN, status=Status.DELETED)
    done = ask(database, "c", run=RUN, status=Status.COMPLETED)
    taken = take_requests(database, RUN, [failed, deleted, done], again=again)
    assert [request.sid for request in taken] == ([failed] if again else [])


def test_what_is_begun_is_processing_and_started_once(database):
    sid = ask(database, run=RUN)
    assert begin(database, [sid], RUN, {}) == {sid}
    first = found(database, sid)
    assert first.status is Status.PROCESSING
    assert first.attempts == 1
    # Its run was lost, and another one begins it: the same row is led to.
    assert begin(database, [sid], RUN, {}) == {sid}
    again = found(database, sid)
    assert (again.attempts, again.date_started) == (2, first.date_started)
    assert events(database) == ["composition-started"]
    begin(database, [sid], RUN, {sid: 1})
    assert events(database) == ["composition-started"] * 2


def test_what_is_deleted_or_anothers_is_not_begun(database):
    deleted = ask(database, "a", run=RUN, status=Status.DELETED)
    others = ask(database, "b", run=OTHER)
    assert begin(database, [deleted, others], RUN, {}) == set()
    assert events(database) == []


def test_what_is_put_back_waits_again(database):
    sid, others = ask(database, "a", run=RUN), ask(database, "b", run=OTHER)
    begin(database, [sid], RUN, {})
    with database.write() as connection:
        put_back(connection, [sid, others], RUN)
    request = found(database, sid)
    assert (request.status, request.run_id, request.attempts) == (Status.ENQUEUED, None, 1)
    assert found(database, others).run_id == OTHER


def test_what_is_put_back_for_later_is_held_until_then(database):
    sid = ask(database, run=RUN)
    with database.write() as connection:
        put_back(connection, [sid], RUN, later=timedelta(hours=1))
    with database.read() as connection:
        until = connection.execute(select(REQUESTS.c.held_until)).scalar_one()
    assert until > datetime.now(UTC) + timedelta(minutes=50)


def test_a_run_holds_its_open_requests_alone(database):
    ask(database, "a", run=RUN, held_until=NOW)
    ask(database, "b", run=OTHER, held_until=NOW)
    ask(database, "c", run=RUN, status=Status.COMPLETED, held_until=None)
    renew(database, RUN)
    with database.read() as connection:
        found = connection.execute(select(REQUESTS.c.held_until).order_by(REQUESTS.c.sid))
        first, second, third = found.scalars()
    assert first > datetime.now(UTC)
    assert (second, third) == (NOW, None)


def test_progress_says_what_a_run_is_not_to_make_any_more(database):
    wanted = ask(database, "a", run=RUN, status=Status.PROCESSING)
    deleted = ask(database, "b", run=RUN, status=Status.DELETED)
    others = ask(database, "c", run=OTHER, status=Status.PROCESSING)
    sids = [wanted, deleted, others]
    assert report_progress(database, sids, dict.fromkeys(sids, RUN), 40) == {deleted, others}
    assert found(database, wanted).percentage_done == 40
    assert found(database, deleted).percentage_done == 0
    assert found(database, others).percentage_done == 0


def test_the_same_key_answers_the_same_composition_for_a_day(database):
    asked = Idempotency("SK1", "a key", b"digest")
    with database.write() as connection:
        assert find_earlier(connection, asked, NOW) is None
        keep(connection, asked, "CJ1", NOW)
        assert find_earlier(connection, asked, NOW + timedelta(hours=23)) == "CJ1"
        with pytest.raises(Conflict, match="other parameters"):
            find_earlier(connection, Idempotency("SK1", "a key", b"other"), NOW)
        assert find_earlier(connection, Idempotency("SK2", "a key", b"other"), NOW) is None
        with pytest.raises(Conflict, match="under way"):
            keep(connection, asked, "CJ2", NOW)
        assert find_earlier(connection, asked, NOW + timedelta(hours=25)) is None
