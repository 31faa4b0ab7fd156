"""What the service database costs: python benchmarks/service_lists.py [--compositions 100000]

Makes catalogs of rooms, recordings and compositions without media, copies them into a service
database as `roomreel service reindex` does, and asks that for compositions in process: what HTTP
adds is not in it. Each step is a process of its own, whose peak of resident memory is printed.

    --days 1000      over how many days they are spread
    --postgres       a PostgreSQL of its own (tests/servers/postgres.py) in place of SQLite
    --folder DIR     where all of it lies for the time; unset: a temporary folder
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import catalogs
from pydantic import SecretStr

from roomreel.catalog.catalog import Catalog, open_catalog
from roomreel.documents.template import canonical_template
from roomreel.model.selection import Selection
from roomreel.model.table import Partition, Row, Table
from roomreel.model.template import Region, Template
from roomreel.service.database.connections import Database, open_database
from roomreel.service.lists.listing import (
    CompositionFilter,
    RecordingFilter,
    RoomFilter,
    fetch_composition,
    list_compositions,
    list_recordings,
    list_rooms,
)
from roomreel.service.projection.projection import begin_again, refresh
from roomreel.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "servers"))
import postgres as servers

LAST = date(2026, 11, 20)
RECORDINGS_EACH = 2
FETCHES, LISTS, LOOKS = 5000, 400, 20
GRID = Region("grid", Selection(("*",)))
TEMPLATE = canonical_template(Template("grid", regions=(GRID,), audio=Selection(("*",))))
STATES = ("completed", "completed", "completed", "failed", "deleted")


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--compositions", type=int, default=100_000)
    asked.add_argument("--days", type=int, default=1000)
    asked.add_argument("--postgres", action="store_true")
    asked.add_argument("--folder", type=Path)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        plain = Settings(folder=Path(folder), store=Path(folder) / "store")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
        alone(make, plain, given.compositions, given.days)
        if not given.postgres:
            measure(plain, given.compositions, given.days)
            return
        with servers.postgres() as url:
            database = SecretStr(url.replace("+asyncpg", ""))
            settings = plain.model_copy(update={"service_database": database})
            measure(settings, given.compositions, given.days)


def measure(settings: Settings, compositions: int, days: int) -> None:
    alone(reindex, settings, compositions, days)
    alone(look, settings, compositions, days)
    alone(ask, settings, compositions, days)


def alone(step: Callable[..., None], *given: Any) -> None:
    """Do a step in a process of its own."""
    process = multiprocessing.get_context("spawn").Process(target=step, args=given)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


def make(settings: Settings, compositions: int, days: int) -> None:
    start = time.perf_counter()
    a_day = -(-compositions // days)
    for back in range(days):
        numbers = range(back * a_day, min((back + 1) * a_day, compositions))
        day = LAST - timedelta(days=back)
        tracks = range(numbers.start * RECORDINGS_EACH, numbers.stop * RECORDINGS_EACH)
        of_day = {
            Table.ROOMS: [room(number, day) for number in numbers],
            Table.RECORDINGS: [recording(number, day) for number in tracks],
            Table.COMPOSITIONS: [composition(number, day) for number in numbers],
        }
        for table, rows in of_day.items():
            if rows:
                file = catalogs.rows_of(table, rows)
                catalogs.write(settings.store, Partition(table, day), file)
    print(f"{compositions} compositions made in {time.perf_counter() - start:.0f} s", flush=True)


def room(number: int, day: date) -> Row:
    return catalogs.room(number, at(number, day)) | {"end_time": at(number, day)}


def recording(number: int, day: date) -> Row:
    row = catalogs.recording(number, at(number, day))
    room_sid = catalogs.room(number // RECORDINGS_EACH, at(number, day))["sid"]
    return row | {"room_sid": room_sid, "type": ("audio", "video")[number % 2]}


def composition(number: int, day: date) -> Row:
    created = at(number, day)
    row = catalogs.composition(number, created)
    sid = f"CJ{int(created.timestamp() * 1000):012x}{row['sid'][14:]}"
    status = STATES[number % len(STATES)]
    return row | {"sid": sid, "status": status, "template_json": TEMPLATE}


def at(number: int, day: date) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return midnight + timedelta(milliseconds=number * 7919 % 86_400_000)


def reindex(settings: Settings, compositions: int, days: int) -> None:
    del days
    database, catalog = opened(settings)
    for what in ("into an empty database", "again"):
        begin_again(database)
        start = time.perf_counter()
        done = refresh(database, catalog)
        took = time.perf_counter() - start
        assert not done.problems
        assert done.written == compositions * (2 + RECORDINGS_EACH)
        print(f"reindex {what}: {done.written} rows in {took:.1f} s, {memory()}", flush=True)
    if database.is_sqlite:
        size = sum(file.stat().st_size for file in settings.service_root.iterdir())
        print(f"database: {size / 2**20:.0f} MB", flush=True)


def look(settings: Settings, compositions: int, days: int) -> None:
    del days
    database, catalog = opened(settings)
    took: list[float] = []
    for _ in range(LOOKS):
        with timed(took):
            assert refresh(database, catalog).written == 0
    show("a look when nothing changed", took)
    seen: list[float] = []
    for number in range(LOOKS):
        row = composition(compositions + number, LAST)
        catalog.commit(Partition(Table.COMPOSITIONS, LAST), [row])
        with timed(seen):
            assert refresh(database, catalog).written == 1
    show("a look that copies one new row", seen)
    print(memory(), flush=True)


def ask(settings: Settings, compositions: int, days: int) -> None:
    database, _ = opened(settings)
    chance = random.Random(1)
    a_day = -(-compositions // days)
    took: list[float] = []
    for _ in range(FETCHES):
        number = chance.randrange(compositions)
        row = composition(number, LAST - timedelta(days=number // a_day))
        with timed(took):
            found = fetch_composition(database, row["sid"])
        assert found is not None
    show("fetch one composition", took)
    middle = at(0, LAST - timedelta(days=days // 2))
    some = catalogs.room(chance.randrange(compositions), middle)["sid"]
    dates = {"created_after": middle - timedelta(days=days // 4), "created_before": middle}
    for what, get in {
        "list 50": lambda token: list_compositions(database, token=token),
        "list 50, Status=failed": lambda token: list_compositions(
            database, CompositionFilter(status="failed"), token=token
        ),
        "list 50, between dates": lambda token: list_compositions(
            database, CompositionFilter(**dates), token=token
        ),
        "list 50, Status=deleted, between dates": lambda token: list_compositions(
            database, CompositionFilter(status="deleted", **dates), token=token
        ),
        "list, RoomSid": lambda token: list_compositions(
            database, CompositionFilter(room_sid=some), token=token
        ),
        "list 50 recordings, MediaType, between dates": lambda token: list_recordings(
            database, RecordingFilter(media_type="audio", **dates), token=token
        ),
        "list 50 rooms, Status, between dates": lambda token: list_rooms(
            database, RoomFilter(status="completed", **dates), token=token
        ),
    }.items():
        show(what, walk(get))
    print(memory(), flush=True)


def walk(get: Callable[[str | None], Any]) -> list[float]:
    """Seconds for each page, from the first one on and again from the first."""
    took: list[float] = []
    token = None
    for _ in range(LISTS):
        with timed(took):
            page = get(token)
        token = page.next
    return took


def opened(settings: Settings) -> tuple[Database, Catalog]:
    return open_database(settings), open_catalog(settings)


def show(what: str, took: list[float]) -> None:
    worst = quantiles(took, n=100)[98]
    print(
        f"{what}: median {median(took) * 1000:.2f} ms, p99 {worst * 1000:.2f} ms,"
        f" {len(took) / sum(took):.0f} a second",
        flush=True,
    )


def memory() -> str:
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"peak of memory {peak_kb / 1024:.0f} MB"


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    into.append(time.perf_counter() - start)


if __name__ == "__main__":
    main()
