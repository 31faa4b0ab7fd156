"""Deliverers and receivers that are killed: every event arrives, in its order, by its token."""

from __future__ import annotations

import multiprocessing
import random
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, update

from roomreel.errors import ServiceDatabaseFailed
from roomreel.model.callback import Callback
from roomreel.service.access.account import make_account
from roomreel.service.callbacks import outbox
from roomreel.service.callbacks.deliverer import Deliverer
from roomreel.service.callbacks.events import Event, add_event
from roomreel.service.database.connections import open_database
from roomreel.service.database.tables import CALLBACK_TRIES, DELIVERIES
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
from receiver import receiver

ROOM = "RM" + "1" * 32
NAMES = ("composition-started", "composition-failed", "composition-available")
STREAMS, KILLS = 100, 5
WAITED_S = 120.0


def deliver(settings: Settings) -> None:
    """Be a deliverer until the end; what it held is another's after a second."""
    outbox.HELD = timedelta(seconds=1)
    account = make_account(None)
    Deliverer(open_database(settings), lambda: account, settings, "x").work(threading.Event())


def left(database):
    with database.read() as connection:
        waiting = select(func.count()).where(DELIVERIES.c.status != "delivered")
        return connection.execute(waiting).scalar_one()


def hurry(database):
    """Have what waits for its next try be due."""
    with database.write() as connection:
        free = DELIVERIES.c.status == "waiting", DELIVERIES.c.holder.is_(None)
        connection.execute(update(DELIVERIES).where(*free).values(due=datetime.now(UTC)))


def test_nothing_is_lost_and_nothing_overtakes(database, settings, tmp_path):
    settings = settings.model_copy(update={"callback_allow": ["127.0.0.0/8"]})
    file = tmp_path / "received"
    with receiver(file) as app:
        port, url = app.port, app.url("/slow/0.05")
    for number in range(STREAMS):
        with database.write() as connection:
            for name in NAMES:
                told = Event(f"CJ{number:032x}", ROOM, name, datetime.now(UTC), {}, Callback(url))
                add_event(connection, told, 1)
    context = multiprocessing.get_context("spawn")
    rng = random.Random(1)
    for round_ in range(KILLS + 1):
        with receiver(file, port) as app:
            before = len(app.requests())
            work = context.Process(target=deliver, args=(settings,))
            work.start()
            deadline = time.monotonic() + WAITED_S
            wanted = before + rng.randint(10, 30)
            while left(database) and (round_ == KILLS or len(app.requests()) < wanted):
                assert time.monotonic() < deadline
                with suppress(ServiceDatabaseFailed):  # PostgreSQL ends one of two who wait in turn
                    hurry(database)
                time.sleep(0.05)
            if round_ < KILLS and round_ % 2:
                work.kill()
        # Without the receiver, for a moment.
        time.sleep(0.2)
        work.kill()
        work.join()
    assert left(database) == 0
    tokens = defaultdict(set)
    order = defaultdict(list)
    for one in app.requests():
        given = one["parameters"]
        key = given["CompositionSid"], given["StatusCallbackEvent"]
        tokens[key].add(one["headers"]["i-twilio-idempotency-token"])
        if key[1] not in order[key[0]][-1:]:
            order[key[0]].append(key[1])
    assert len(tokens) == STREAMS * len(NAMES)
    assert {len(one) for one in tokens.values()} == {1}
    assert {tuple(one) for one in order.values()} == {NAMES}
    with database.read() as connection:
        tries = select(CALLBACK_TRIES.c.event_id).where(CALLBACK_TRIES.c.http_status == 200)
        assert len(set(connection.execute(tries).scalars())) == STREAMS * len(NAMES)
