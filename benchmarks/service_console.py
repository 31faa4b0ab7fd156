"""How long pages of the console take: python benchmarks/service_console.py [--recordings 1000000]

Fills a service database with rows and asks for pages in process: what a server and a network add
is not in it. Of each page it prints the median and the 99th percentile in wall clock, the median of
CPU time, which other work of the machine leaves alone, and the bytes of the answer; then the bytes
of a first load, with all that the page names.

    --compositions 100000
    --only WORD      pages whose path has it
    --folder DIR     where the database lies for the time; unset: a temporary folder
"""

from __future__ import annotations

import argparse
import html
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles

import httpx
import sqlalchemy as sa

from roomreel.model.table import Row, Table
from roomreel.service.database.tables import (
    CALLBACK_TRIES,
    COMPOSITIONS,
    DELIVERIES,
    EVENTS,
    PARTITIONS,
    RECORDINGS,
    ROOMS,
)
from roomreel.service.projection.records import record_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "servers"))
from api_in_process import DAY, NOON, Api, composition, empty_api, recording, sid_of
from console_visit import Visit, signed_in
from planned import CAMERA, SID, publish_planned

ASKED = 100
AT_ONCE = 20_000
EVENTS_EACH = 3
RECORDINGS_EACH = 8
DAYS = 1000
# The catalogs have the newest day: what a page of one composition or recording looks up there.
A_DAY = 2000
OLDER = 20
ROOM = sid_of("RM", 77)
HOOK, HOOKS = sid_of("HK", 7), 200
SINCE = "from=2026-10-20&to=2026-11-10"
PAGES = (
    "/console/compositions",
    "/console/compositions?status=failed",
    f"/console/compositions?{SINCE}&status=completed",
    f"/console/compositions?room={ROOM}",
    f"/console/compositions?room={ROOM}&status=failed&{SINCE}",
    f"/console/compositions?sid={SID}",
    "/console/recordings",
    "/console/recordings?status=completed",
    "/console/recordings?status=failed",
    f"/console/recordings?{SINCE}&status=completed",
    f"/console/recordings?room={ROOM}",
    f"/console/recordings?sid=RT{5:032x}",
    "/console/rooms",
    "/console/rooms?status=in-progress",
    f"/console/rooms?{SINCE}",
    "/console/rooms?room=call 77",
    "/console/callbacks",
    "/console/callbacks?status=given-up",
    f"/console/callbacks?{SINCE}",
    "/console/callbacks?to=2026-10-20&status=delivered",
    f"/console/callbacks?room={ROOM}",
    f"/console/callbacks?sid={SID}",
    "/console/usage",
    "/console/usage?before=2025-01-01",
    f"/console/compositions/{SID}",
    f"/console/compositions/{SID}/shown?t=7.5",
    f"/console/compositions/{SID}/plan.svg",
    f"/console/recordings/{CAMERA}",
    f"/console/recordings/{CAMERA}/compositions",
    f"/console/rooms/{ROOM}",
    "/console/callbacks/77",
    "/console/hooks",
    f"/console/hooks/{HOOK}",
    f"/console/hooks/{HOOK}?chosen=1&cameras=50&screen=on",
    f"/console/hooks/{HOOK}/edit",
)
LOGS = ("compositions", "recordings", "rooms", "callbacks")


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--compositions", type=int, default=100_000)
    asked.add_argument("--recordings", type=int, default=1_000_000)
    asked.add_argument("--only", default="")
    asked.add_argument("--folder", type=Path)
    given = asked.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory(dir=given.folder) as folder, empty_api(Path(folder)) as api:
        record_a_day(api)
        for number in range(HOOKS):
            api.hook(number, video_layout={"grid": {"video_sources": ["*"]}})
        fill_all(api, given.compositions, given.recordings)
        print(f"filled, load {os.getloadavg()[0]:.1f}", flush=True)
        with signed_in(api) as visit:
            older = [path for log in LOGS for path in far_back(visit, f"/console/{log}")]
            for path in (*PAGES, *older):
                if given.only in path:
                    measure(visit, path)
            for log in LOGS:
                measure_first_load(visit, f"/console/{log}")
            for log in ("compositions", "recordings"):
                start = time.perf_counter()
                assert visit.post("/console/deletions", {"log": log}).status_code == 303
                print(f"count what a deletion of all {log} has: {ms(start):.0f} ms")


def record_a_day(api: Api) -> None:
    """Write what the pages of one composition and of one recording find in the catalogs."""
    for number in (0, 77):
        api.room(number)
    api.record(Table.RECORDINGS, *(recording(0, kind) for kind in ("audio", "video")))
    api.record(Table.COMPOSITIONS, *(one_composition(number) for number in range(1, A_DAY)))
    publish_planned(api)
    api.look()


def fill_all(api: Api, compositions: int, recordings: int) -> None:
    with api.service.database.write() as connection:
        connection.execute(sa.delete(COMPOSITIONS).where(COMPOSITIONS.c.sid != SID))
    fill(api, COMPOSITIONS, records(Table.COMPOSITIONS, one_composition), compositions)
    fill(api, RECORDINGS, records(Table.RECORDINGS, one_recording), recordings)
    fill(api, ROOMS, records(Table.ROOMS, one_room), recordings // RECORDINGS_EACH)
    for into, make in (
        (EVENTS, one_event),
        (DELIVERIES, one_delivery),
        (CALLBACK_TRIES, one_try),
    ):
        fill(api, into, make, compositions * EVENTS_EACH)
    fill(api, PARTITIONS, one_day, DAYS)


def fill(api: Api, into: sa.Table, make: Callable[[int], Row], count: int) -> None:
    with api.service.database.write() as connection:
        for start in range(1, count, AT_ONCE):
            rows = [make(number) for number in range(start, min(start + AT_ONCE, count))]
            connection.execute(sa.insert(into), rows)


def records(table: Table, make: Callable[[int], Row]) -> Callable[[int], Row]:
    return lambda number: record_of(table, make(number), DAY)


def one_composition(number: int) -> Row:
    created = NOON - timedelta(seconds=37 * number)
    return composition(number, date_created=created, room_sid=sid_of("RM", number // 20))


def one_recording(number: int) -> Row:
    sids = {"sid": f"RT{number:032x}", "source_sid": f"MT{number:032x}"}
    created = NOON - timedelta(seconds=4 * number)
    return recording(number // RECORDINGS_EACH, "audio", **sids, date_created=created)


def one_room(number: int) -> Row:
    created = NOON - timedelta(seconds=4 * RECORDINGS_EACH * number)
    # The manifests have those of whose numbers there are files.
    sid = sid_of("RM", "more", number) if number in (0, 77) else sid_of("RM", number)
    return {
        "sid": sid,
        "unique_name": f"room {number}",
        "status": "completed",
        "updated_at": NOON,
        "date_created": created,
        "end_time": created + timedelta(minutes=50),
        "participants": [],
    }


def one_event(number: int) -> Row:
    of = number // EVENTS_EACH
    return {
        "id": number,
        "stream": one_composition(of)["sid"],
        "attempts": 1,
        "name": ("composition-enqueued", "composition-started", "composition-available")[
            number % EVENTS_EACH
        ],
        "room_sid": sid_of("RM", of // 20),
        "data": {},
    }


def one_delivery(number: int) -> Row:
    # The highest number is the newest.
    date = NOON - timedelta(days=43) + timedelta(seconds=12 * number)
    return {
        "event_id": number,
        "stream": one_event(number)["stream"],
        "date": date,
        "url": "https://app.example.org/events",
        "method": "POST",
        "host": "app.example.org:443",
        "status": "given-up" if number % 1000 == 0 else "delivered",
        "is_hint": False,
        "token": f"{number:036}",
        "tries": 1,
        "since": date,
        "due": date,
    }


def one_try(number: int) -> Row:
    url = "https://app.example.org/events"
    return {"event_id": number, "date": NOON, "url": url, "http_status": 200, "ms": 70}


def one_day(number: int) -> Row:
    made = {"rows": 100, "duration_ms": 10**8, "size_bytes": 10**10, "render_s": 10**5}
    day = DAY - timedelta(days=number)
    return {
        "name": f"{Table.COMPOSITIONS}/date={day}",
        "stamp": "",
        "hides": False,
        "sums": {"completed": made, "failed": made},
    }


def far_back(visit: Visit, path: str) -> Iterator[str]:
    """Yield the path of a later page of a log."""
    for _ in range(OLDER):
        found = re.search(r'id="older" href="([^"]+)"', visit.get(path).text)
        if found is None:
            return
        path = html.unescape(found[1])
    yield path


def measure(visit: Visit, path: str) -> None:
    took, worked = [], []
    for _ in range(ASKED):
        start, began = time.perf_counter(), time.process_time()
        answer = visit.get(path)
        worked.append((time.process_time() - began) * 1000)
        took.append(ms(start))
        assert answer.status_code == 200, (path, answer.status_code)
    worst = quantiles(took, n=100)[-1]
    said = f"{median(took):.0f} ({worst:.0f}) ms, {median(worked):.0f} ms of CPU"
    print(f"{said}, {sent(answer) / 1000:.1f} kB  {path}", flush=True)


def measure_first_load(visit: Visit, path: str) -> None:
    page = visit.get(path)
    named = set(re.findall(r'(?:src|href)="(/console/static/[^"]+)"', page.text))
    files = [visit.get(name) for name in sorted(named)]
    assert all("immutable" in file.headers["cache-control"] for file in files)
    first = sent(page) + sum(map(sent, files))
    print(f"{first / 1000:.1f} kB at first, {sent(page) / 1000:.1f} kB later  {path}", flush=True)


def sent(answer: httpx.Response) -> int:
    """Return the bytes of an answer's body as they are sent."""
    return int(answer.headers["content-length"])


def ms(start: float) -> float:
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
