"""Refreshes that are killed, or meet others: what they leave is made good."""

from __future__ import annotations

import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.model.table import Table
from roomreel.service.database.connections import open_database
from roomreel.service.database.tables import COMPOSITIONS, LEASES
from roomreel.service.duty import Duty
from roomreel.service.projection.projection import begin_again, refresh
from roomreel.service.requests.settle import settle, settle_requests
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))
from archive import (
    DAY,
    NEXT,
    NOON,
    commit,
    composition,
    composition_sid,
    contents,
    rebuilt,
    room,
)
from killing import Killed, killed_at


def test_a_refresh_that_is_killed_anywhere_is_made_good_by_the_next(
    database: Any, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roomreel.catalog.part_rows._AT_ONCE", 2)
    clock, step = NOON, 0
    while True:
        step += 1
        clock += timedelta(hours=1)
        commit(catalog, Table.ROOMS, room(1, updated_at=clock))
        some = [composition(number, updated_at=clock) for number in range(5)]
        commit(catalog, Table.COMPOSITIONS, *some)
        gone = [composition(1, NEXT, updated_at=clock)]
        commit(catalog, Table.COMPOSITIONS, *gone, day=NEXT)
        with killed_at(database, step) as seen:
            try:
                refresh(database, catalog)
            except Killed:
                assert seen == [step]
            else:
                break
        refresh(database, catalog)
        assert [row[2] for row in contents(database)["compositions"]] == [step] * 6
    assert step > 20


def test_two_who_refresh_at_once_come_to_the_same(
    settings: Settings, database: Any, catalog: Catalog
) -> None:
    other = open_database(settings)
    clock = NOON
    stop = threading.Event()

    def go_on(of: Any) -> None:
        mine = open_catalog(settings)
        while not stop.is_set():
            refresh(of, mine)

    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(go_on, one) for one in (database, other)]
        try:
            for _ in range(15):
                clock += timedelta(hours=1)
                some = [composition(number, updated_at=clock) for number in range(20)]
                commit(catalog, Table.COMPOSITIONS, *some)
        finally:
            stop.set()
        for one in running:
            one.result()
    refresh(database, catalog)
    found = contents(database)
    assert {row[2] for row in found["compositions"]} == {15}
    assert found == rebuilt(database, catalog)
    other.close()


def test_runs_that_settle_and_a_refresh_never_wait_for_each_other_in_a_circle(
    settings: Settings, database: Any, catalog: Catalog
) -> None:
    numbers = range(40)
    clock = NOON
    stop = threading.Event()

    def go_on() -> None:
        mine = open_catalog(settings)
        while not stop.is_set():
            refresh(database, mine, settle=settle_requests)
            begin_again(database)

    def settle_some(seed: int) -> None:
        chance = random.Random(seed)
        while not stop.is_set():
            sids = [composition_sid(number) for number in chance.sample(numbers, 20)]
            rows = list(catalog.find(Table.COMPOSITIONS, sids, [DAY]).values())
            chance.shuffle(rows)
            with database.write() as connection:
                settle(connection, rows)

    commit(catalog, Table.COMPOSITIONS, *map(composition, numbers))
    with ThreadPoolExecutor(3) as pool:
        running = [pool.submit(go_on), pool.submit(settle_some, 1), pool.submit(settle_some, 2)]
        try:
            for _ in range(10):
                clock += timedelta(hours=1)
                some = [composition(number, updated_at=clock) for number in numbers]
                commit(catalog, Table.COMPOSITIONS, *some)
                time.sleep(0.2)
        finally:
            stop.set()
        for one in running:
            one.result()
    refresh(database, catalog)
    assert contents(database) == rebuilt(database, catalog)


def test_lists_are_whole_while_all_is_made_again(database: Any, catalog: Catalog) -> None:
    some = [composition(number) for number in range(1200)]
    commit(catalog, Table.COMPOSITIONS, *some)
    refresh(database, catalog)
    begin_again(database)
    counts: set[int] = set()

    def count(_connection: Any, _rows: Any) -> None:
        with database.read() as connection:
            counts.add(connection.execute(select(func.count()).select_from(COMPOSITIONS)).scalar())

    assert refresh(database, catalog, settle=count).written == 1200
    assert counts == {1200}


def test_a_duty_asks_the_database_now_and_then(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = Duty(database, "refresh", "one"), Duty(database, "refresh", "two")
    assert one.take()
    assert not two.take()
    with killed_at(database, 1):
        assert one.take()
    monkeypatch.setattr("roomreel.service.duty._RENEWED_S", 0)
    with database.write() as connection:
        connection.execute(update(LEASES).values(holder="two"))
    assert two.take()
    assert not one.take()
