"""The outbox: events are written once, each with its delivery, in their order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from roomreel.model.callback import Callback
from roomreel.service.callbacks.events import PROGRESS, Event, add_event, host_of
from roomreel.service.database.first_looks import note_looked_at, was_looked_at
from roomreel.service.database.tables import DELIVERIES, EVENTS

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ROOM = "RM" + "1" * 32
ONE, OTHER = "CJ" + "1" * 32, "CJ" + "2" * 32
RECEIVER = Callback("https://app.example.org/events?x=1#rc=2", "GET")


def add(database, stream, name, attempts=1, callback=RECEIVER, step=0):
    event = Event(stream, ROOM, name, NOW, {"Size": 3}, callback, step)
    with database.write() as connection:
        return add_event(connection, event, attempts)


def statuses(database, stream=ONE):
    wanted = select(EVENTS.c.name, DELIVERIES.c.status).join(
        DELIVERIES, DELIVERIES.c.event_id == EVENTS.c.id
    )
    with database.read() as connection:
        found = connection.execute(wanted.where(EVENTS.c.stream == stream).order_by(EVENTS.c.id))
        return [tuple(row) for row in found]


def test_an_event_is_written_once_for_each_row_that_it_leads_to(database):
    assert add(database, ONE, "composition-started")
    assert not add(database, ONE, "composition-started")
    assert add(database, ONE, "composition-started", attempts=2)
    assert add(database, OTHER, "composition-started")
    assert statuses(database) == [("composition-started", "waiting")] * 2


def test_a_delivery_has_what_is_needed_to_send_it(database):
    add(database, ONE, "composition-available")
    with database.read() as connection:
        row = connection.execute(select(DELIVERIES)).mappings().one()
    assert (row["url"], row["method"]) == (RECEIVER.url, "GET")
    assert row["host"] == "app.example.org:443"
    assert (row["stream"], row["tries"], row["is_hint"]) == (ONE, 0, False)
    assert len(row["token"]) == 36
    assert row["due"] <= datetime.now(UTC)


def test_what_nobody_asked_for_is_written_and_not_sent(database):
    assert add(database, ONE, "composition-started", callback=None)
    assert statuses(database) == []


def test_what_fails_with_its_transaction_was_no_event(database):
    connection = database.engine.connect()
    add_event(connection, Event(ONE, ROOM, "x", NOW, {}, RECEIVER), 1)
    connection.close()
    assert statuses(database) == []
    assert add(database, ONE, "x")


def test_progress_is_dropped_once_something_later_is_there(database):
    add(database, ONE, "composition-started")
    for percent in (10, 20):
        assert add(database, ONE, PROGRESS, step=percent)
    assert not add(database, ONE, PROGRESS, step=20)
    add(database, OTHER, PROGRESS, step=10)
    assert statuses(database) == [
        ("composition-started", "waiting"),
        (PROGRESS, "dropped"),
        (PROGRESS, "waiting"),
    ]
    add(database, ONE, "composition-available")
    assert [status for _, status in statuses(database)] == [
        "waiting",
        "dropped",
        "dropped",
        "waiting",
    ]
    assert statuses(database, OTHER) == [(PROGRESS, "waiting")]


def test_progress_that_is_being_sent_is_left_to_its_sender(database):
    add(database, ONE, PROGRESS, step=10)
    held = {"holder": "x", "held_until": datetime.now(UTC) + timedelta(minutes=1)}
    with database.write() as connection:
        connection.execute(update(DELIVERIES).values(held))
    add(database, ONE, "composition-available")
    assert statuses(database)[0] == (PROGRESS, "waiting")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://App.Example.org/a?b#c", "app.example.org:443"),
        ("http://user:secret@example.org:8080/", "example.org:8080"),
        ("http://[2001:DB8::1]/", "2001:db8::1:80"),
        ("http://[", ""),
        ("http://example.org:99999/", ""),
        ("", ":0"),
        (f"http://{'a' * 500}/", "a" * 255),
    ],
)
def test_receivers_are_told_apart_by_host_and_port(url, host):
    assert host_of(url) == host


def test_a_first_look_is_noted_once(database):
    with database.write() as connection:
        assert not was_looked_at(connection, "refresh")
        for _ in range(2):
            note_looked_at(connection, "refresh")
        assert was_looked_at(connection, "refresh")
        assert not was_looked_at(connection, "manifests")
