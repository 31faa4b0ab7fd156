"""The deliverer against a receiver in a process of its own."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from roomreel.errors import ServiceDatabaseFailed
from roomreel.model.callback import Callback
from roomreel.service.access.account import make_account
from roomreel.service.callbacks import deliverer as module
from roomreel.service.callbacks.deliverer import Deliverer
from roomreel.service.callbacks.events import PROGRESS, Delivery, Event, add_event
from roomreel.service.callbacks.outbox import Tried, claim, record
from roomreel.service.callbacks.retries import Verdict
from roomreel.service.callbacks.sending import Answer
from roomreel.service.database.tables import CALLBACK_TRIES, DELIVERIES

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from receiver import receiver

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ROOM = "RM" + "1" * 32
ACCOUNT = make_account(None)
WAITED_S = 30.0


@pytest.fixture
def app(tmp_path):
    with receiver(tmp_path / "received") as one:
        yield one


@pytest.fixture
def settings(settings):
    return settings.model_copy(update={"callback_allow": ["127.0.0.0/8"]})


@pytest.fixture
def sender(database, settings):
    return Deliverer(database, lambda: ACCOUNT, settings, "this one")


def stream(number):
    return f"CJ{number:032x}"


def add(database, number, url, *names, method="POST"):
    with database.write() as connection:
        for step, name in enumerate(names or ["composition-started"]):
            event = Event(stream(number), ROOM, name, NOW, {}, Callback(url, method), step)
            assert add_event(connection, event, 1)


def deliveries(database):
    with database.read() as connection:
        return list(connection.execute(select(DELIVERIES).order_by("event_id")).mappings())


def tries(database):
    with database.read() as connection:
        return list(connection.execute(select(CALLBACK_TRIES).order_by("id")).mappings())


def make_due(database):
    with database.write() as connection:
        connection.execute(update(DELIVERIES).values(due=NOW))


def wait_for(condition):
    deadline = time.monotonic() + WAITED_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_events_of_a_stream_come_in_order_and_are_logged(database, sender, app):
    names = ["composition-started", "composition-failed", "composition-available"]
    for number in range(20):
        add(database, number, app.url("/ok?a=b"), *names)
    sender.work_off(WAITED_S)
    for number in range(20):
        assert app.events(stream(number)) == names
    assert {row["status"] for row in deliveries(database)} == {"delivered"}
    logged = tries(database)
    assert len(logged) == 60
    assert {(row["http_status"], row["answer"], row["error"]) for row in logged} == {
        (200, "ok", None)
    }
    assert {row["url"] for row in logged} == {app.url("/ok")}


def test_tries_are_counted_by_what_became_of_the_event(database, sender, app):
    add(database, 1, app.url("/ok"))
    add(database, 2, app.url("/fails/1"))
    add(database, 3, app.url("/status/404"))
    sender.work_off(WAITED_S)
    make_due(database)
    sender.work_off(WAITED_S)
    assert sender.counted == {"delivered": 2, "waiting": 1, "given-up": 1}
    assert sender.counted.total() == len(tries(database))


def test_a_get_has_its_parameters_in_the_url(database, sender, app):
    add(database, 1, app.url("/ok?a=b#rc=1"), method="GET")
    sender.work_off(WAITED_S)
    (one,) = app.requests()
    assert one["method"] == "GET"
    assert one["target"].startswith("/ok?a=b&AccountSid=AC")
    assert one["parameters"]["StatusCallbackEvent"] == "composition-started"
    assert "rc=1" not in str(one)
    assert one["body"] == ""


def test_each_try_has_the_same_token_and_later_events_wait(database, sender, app):
    add(database, 1, app.url("/fails/2"), "composition-started", "composition-available")
    for _ in range(2):
        sender.work_off(WAITED_S)
        assert app.events(stream(1)) == ["composition-started"] * len(tries(database))
        first, second = deliveries(database)
        assert first["status"] == "waiting"
        assert first["due"] > datetime.now(UTC)
        assert second["due"] == first["due"]
        make_due(database)
    sender.work_off(WAITED_S)
    # The second event has a token of its own, for which the receiver fails again.
    assert app.events(stream(1)) == ["composition-started"] * 3 + ["composition-available"]
    tokens = [one["headers"]["i-twilio-idempotency-token"] for one in app.requests()]
    assert len(set(tokens)) == 2
    assert len(set(tokens[:3])) == 1
    assert {one["headers"]["webhook-id"] for one in app.requests()[:3]} == {tokens[0]}
    assert [row["http_status"] for row in tries(database)] == [503, 503, 200, 503]


def test_an_event_that_is_given_up_lets_the_next_one_go(database, sender, app):
    add(database, 1, app.url("/status/404"), "composition-started")
    add(database, 1, app.url("/ok"), "composition-available")
    sender.work_off(WAITED_S)
    assert [row["status"] for row in deliveries(database)] == ["given-up", "delivered"]


def test_progress_holds_nothing_up_and_is_tried_once(database, sender, app):
    add(database, 1, app.url("/status/503"), PROGRESS)
    sender.work_off(WAITED_S)
    (row,) = deliveries(database)
    assert (row["status"], row["tries"]) == ("given-up", 1)
    add(database, 2, app.url("/never#tt=15000"), PROGRESS)
    ended = threading.Event()
    thread = threading.Thread(target=sender.work, args=(ended,))
    thread.start()
    wait_for(lambda: len(app.requests()) == 2)
    add(database, 2, app.url(), "composition-available")
    wait_for(lambda: "composition-available" in app.events(stream(2)))
    ended.set()
    thread.join()
    statuses = [row["status"] for row in deliveries(database)]
    assert statuses == ["given-up", "waiting", "delivered"]


def test_progress_that_a_kill_has_ended_comes_after_nothing(database, sender, app):
    add(database, 1, app.url(), PROGRESS)
    gone = {"holder": "gone", "held_until": datetime.now(UTC) + timedelta(minutes=1)}
    with database.write() as connection:
        connection.execute(update(DELIVERIES).values(gone))
    add(database, 1, app.url(), "composition-available")
    add(database, 2, app.url(), PROGRESS)
    with database.write() as connection:
        lapsed = {"held_until": NOW, "due": NOW}
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.event_id == 1).values(lapsed))
    sender.work_off(WAITED_S)
    assert [row["status"] for row in deliveries(database)] == ["dropped", "delivered", "delivered"]
    assert app.events(stream(1)) == ["composition-available"]


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/never#tt=300", None, "no answer within 300 ms"),
        ("/never#rt=200", None, "no answer within 200 ms"),
        ("/slow/5#tt=300", None, "no answer within 300 ms"),
        ("/redirect/http://169.254.169.254/", 302, None),
        ("/closes", None, "not HTTP"),
        ("/nonsense", None, "not HTTP"),
        ("/headers", None, "not HTTP"),
    ],
)
def test_receivers_that_do_not_take_it(database, sender, app, path, status, error):
    add(database, 1, app.url(path))
    sender.work_off(WAITED_S)
    (row,) = tries(database)
    assert row["http_status"] == status
    assert (error is None and row["error"] is None) or error in row["error"]
    assert len(app.requests()) == 1


@pytest.mark.parametrize("path", ["/gigabyte", "/drip"])
def test_of_an_answer_only_the_beginning_is_read(database, sender, app, path):
    add(database, 1, app.url(path))
    sender.work_off(WAITED_S)
    (row,) = tries(database)
    assert row["http_status"] == 200
    assert 0 < len(row["answer"]) <= 1024
    assert deliveries(database)[0]["status"] == "delivered"


def test_what_an_answer_says_is_one_line_that_can_be_shown(database, sender, app):
    add(database, 1, app.url("/lines"))
    sender.work_off(WAITED_S)
    (row,) = tries(database)
    assert row["http_status"] == 400
    assert row["answer"].isprintable()
    assert row["answer"].startswith("one\\r\\n[ERROR] forged\\u001b[31m\\u0000")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://localhost:1/", "localhost is 127.0.0.1, which is an address of this machine"),
        ("http://[::1]:1/", "::1 is an address of this machine"),
        ("http://2130706433/", "another way to write 127.0.0.1"),
        ("http://169.254.169.254/latest", "metadata"),
        ("http://", "no name"),
        ("gopher://example.org/", "neither http"),
    ],
)
def test_what_may_not_be_sent_to_is_given_up_with_words(database, settings, url, words):
    strict = settings.model_copy(update={"callback_allow": ["10.0.0.0/8"]})
    add(database, 1, url)
    Deliverer(database, lambda: ACCOUNT, strict, "x").work_off(WAITED_S)
    (row,) = tries(database)
    assert row["error"].startswith("not sent: ")
    assert words in row["error"]
    assert deliveries(database)[0]["status"] == "given-up"


def test_secrets_of_a_url_are_in_no_log(database, sender, app, caplog):
    url = app.url("/status/404?token=hush1#rc=hush2", host="user:hush3@127.0.0.1")
    add(database, 1, url)
    sender.work_off(WAITED_S)
    assert "Callback given up" in caplog.text
    assert "hush" not in caplog.text
    assert "hush" not in str([dict(row) for row in tries(database)])
    assert app.requests()[0]["headers"]["authorization"].startswith("Basic ")


def test_a_receiver_that_does_not_answer_holds_up_no_other(database, sender, app):
    for number in range(100):
        add(database, number, app.url("/never#tt=2000", host="127.0.0.2"))
    for number in range(100, 200):
        add(database, number, app.url())
    begun = time.monotonic()
    ended = threading.Event()
    thread = threading.Thread(target=sender.work, args=(ended,))
    thread.start()
    wait_for(lambda: Counter(row["status"] for row in deliveries(database))["delivered"] == 100)
    asked = sum("never" in one["target"] for one in app.requests())
    assert asked > 0
    ended.set()
    thread.join()
    # Of the other one no more than a few have even been tried.
    assert asked <= 4 * (1 + int((time.monotonic() - begun) / 2))


def test_what_is_under_way_at_the_end_is_left_to_others(database, settings, sender, app):
    add(database, 1, app.url("/slow/10"))
    ended = threading.Event()
    thread = threading.Thread(target=sender.work, args=(ended,))
    thread.start()
    wait_for(app.requests)
    ended.set()
    thread.join()
    (row,) = deliveries(database)
    assert (row["status"], row["holder"], row["tries"]) == ("waiting", None, 0)
    assert row["due"] <= datetime.now(UTC)


def test_two_instances_send_nothing_twice(database, settings, app):
    for number in range(100):
        add(database, number, app.url(), "composition-started", "composition-available")
    ended = threading.Event()
    senders = [Deliverer(database, lambda: ACCOUNT, settings, f"{n}") for n in range(2)]
    threads = [threading.Thread(target=one.work, args=(ended,)) for one in senders]
    for thread in threads:
        thread.start()
    wait_for(lambda: all(row["status"] == "delivered" for row in deliveries(database)))
    ended.set()
    for thread in threads:
        thread.join()
    assert len(app.requests()) == 200
    for number in range(100):
        assert app.events(stream(number)) == ["composition-started", "composition-available"]


def test_what_a_killed_sender_held_another_sends_when_its_lease_is_over(database, sender, app):
    add(database, 1, app.url())
    held = {"holder": "gone", "held_until": NOW, "due": datetime.now(UTC) + timedelta(hours=1)}
    with database.write() as connection:
        connection.execute(update(DELIVERIES).values(held))
    sender.work_off(WAITED_S)
    assert app.requests() == []
    make_due(database)
    sender.work_off(WAITED_S)
    assert len(app.requests()) == 1


def test_a_database_that_is_away_loses_nothing(database, sender, app, monkeypatch):
    add(database, 1, app.url())
    record, calls = module.record, []

    def away(*given):
        calls.append(given)
        if len(calls) < 3:
            raise ServiceDatabaseFailed("away")
        record(*given)

    monkeypatch.setattr(module, "record", away)
    sender.work_off(WAITED_S)
    assert len(calls) == 3
    assert len(app.requests()) == 1
    assert deliveries(database)[0]["status"] == "delivered"


def test_no_proxy_of_the_environment_is_asked(database, sender, app, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    add(database, 1, app.url())
    sender.work_off(WAITED_S)
    assert len(app.requests()) == 1


@pytest.mark.parametrize("count", [49, 50, 51, 130])
def test_of_many_tries_the_first_and_the_last_ones_are_kept(database, count):
    add(database, 1, "http://127.0.0.1:9/x")
    add(database, 2, "http://127.0.0.1:9/x")
    first = deliveries(database)[0]["event_id"]
    for number in range(count):
        make_due(database)
        claimed = claim(database, {"127.0.0.1:9": 2}, "x", NOW)
        with database.write() as connection:  # as often as it is delivered again
            connection.execute(update(DELIVERIES).values(tries_since=number % 7))
        answer = Answer(None, number, failure="ct")
        record(
            database,
            [Tried(one, NOW, answer, Verdict(Delivery.WAITING, NOW)) for one in claimed],
            NOW,
        )
    kept = [row["ms"] for row in tries(database) if row["event_id"] == first]
    numbers = list(range(count))
    assert kept == (numbers if count <= 50 else numbers[:10] + numbers[-40:])
    assert len(tries(database)) == 2 * len(kept)
    assert {row["tries"] for row in deliveries(database)} == {count}
