"""Figures about the work of the service, in both kinds of databases."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from roomreel.model.callback import Callback
from roomreel.model.table import Table
from roomreel.service.callbacks.events import Delivery, Event, add_event
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import DELIVERIES, REQUESTS
from roomreel.service.database.upsert import put
from roomreel.service.figures import Waiting, count_compositions, count_waiting
from roomreel.service.projection.projection import project_row

sys.path.insert(0, str(Path(__file__).parent))
from archive import DAY, NOON, composition, composition_sid, sid_of


def test_compositions_are_counted_where_each_of_them_is(database: Database) -> None:
    nothing = dict.fromkeys(["enqueued", "processing", "completed", "failed", "deleted"], 0)
    assert count_compositions(database) == nothing
    request = {
        "room_sid": sid_of("RM", 1, DAY),
        "room_name": "call",
        "priority": 0,
        "template": {},
        "template_name": "api",
        "date_created": NOON,
    }
    with database.write() as connection:
        for number, status in enumerate(["completed", "completed", "cancelled", "deleted"], 1):
            row = composition(number, status=status) | {"rev": 1}
            project_row(connection, Table.COMPOSITIONS, row)
        for number, status in enumerate(["enqueued", "processing", "completed"], 10):
            put(
                connection, REQUESTS, [request | {"sid": composition_sid(number), "status": status}]
            )
    assert count_compositions(database) == {
        "enqueued": 1,
        "processing": 1,
        "completed": 2,
        "failed": 1,
        "deleted": 1,
    }


def test_callbacks_that_wait_are_counted_and_the_oldest_is_known(database: Database) -> None:
    assert count_waiting(database) == Waiting(0, None)
    callback = Callback("https://app.example.org/x")
    states = [Delivery.DELIVERED, Delivery.WAITING, Delivery.GIVEN_UP, Delivery.WAITING]
    states += [Delivery.DROPPED, Delivery.WAITING]
    for number, status in enumerate(states, 1):
        event = Event(composition_sid(number), sid_of("RM", 1), "composition-started", NOON)
        silent = Event(composition_sid(number), sid_of("RM", 1), "composition-failed", NOON)
        with database.write() as connection:
            add_event(connection, silent, 0)
            add_event(connection, replace(event, callback=callback), 0)
            # Of those that wait, the second has waited longest.
            since = NOON + timedelta(minutes=abs(4 - number))
            this = update(DELIVERIES).where(DELIVERIES.c.stream == composition_sid(number))
            connection.execute(this.values(status=status, since=since))
    assert count_waiting(database) == Waiting(3, NOON)
