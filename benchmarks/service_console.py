"""How long pages of the console take: python benchmarks/service_console.py [--recordings 1000000]

Fills a service database with rows and asks for pages in process: what a server and a network add
is not in it.

    --compositions 100000
    --folder DIR     where the database lies for the time; unset: a temporary folder
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles

import sqlalchemy as sa

from roomreel.model.table import Row, Table
from roomreel.service.database.tables import COMPOSITIONS, RECORDINGS
from roomreel.service.projection.records import record_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "servers"))
from api_in_process import DAY, NOON, Api, composition, empty_api, recording, sid_of
from console_visit import Visit, signed_in

ASKED = 100
AT_ONCE = 20_000
ROOM = sid_of("RM", 77)
PAGES = (
    "/console/compositions",
    "/console/compositions?status=failed",
    "/console/compositions?from=2026-10-20&to=2026-11-10&status=completed",
    f"/console/compositions?room={ROOM}",
    "/console/recordings",
    "/console/recordings?status=completed",
    "/console/recordings?status=failed",
    f"/console/recordings?room={ROOM}",
    f"/console/recordings?sid=RT{5:032x}",
)


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--compositions", type=int, default=100_000)
    asked.add_argument("--recordings", type=int, default=1_000_000)
    asked.add_argument("--folder", type=Path)
    given = asked.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder, empty_api(Path(folder)) as api:
        fill(api, Table.COMPOSITIONS, COMPOSITIONS, one_composition, given.compositions)
        fill(api, Table.RECORDINGS, RECORDINGS, one_recording, given.recordings)
        with signed_in(api) as visit:
            for path in PAGES:
                measure(visit, path)
            for log in ("compositions", "recordings"):
                start = time.perf_counter()
                assert visit.post("/console/deletions", {"log": log}).status_code == 303
                print(f"count what a deletion of all {log} has: {ms(start):.0f} ms")


def fill(api: Api, table: Table, into: sa.Table, make: Callable[[int], Row], count: int) -> None:
    with api.service.database.write() as connection:
        for start in range(0, count, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, count))
            rows = [record_of(table, make(number), DAY) for number in numbers]
            connection.execute(sa.insert(into), rows)


def one_composition(number: int) -> Row:
    created = NOON - timedelta(seconds=37 * number)
    return composition(number, date_created=created, room_sid=sid_of("RM", number // 20))


def one_recording(number: int) -> Row:
    sids = {"sid": f"RT{number:032x}", "source_sid": f"MT{number:032x}"}
    return recording(
        number // 8, "audio", **sids, date_created=NOON - timedelta(seconds=4 * number)
    )


def measure(visit: Visit, path: str) -> None:
    took = []
    for _ in range(ASKED):
        start = time.perf_counter()
        answer = visit.get(path)
        took.append(ms(start))
        assert answer.status_code == 200
    worst = quantiles(took, n=100)[-1]
    said = f"{median(took):.0f} ({worst:.0f}) ms, {len(answer.content) / 1000:.1f} kB"
    print(f"{said}  {path}", flush=True)


def ms(start: float) -> float:
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
