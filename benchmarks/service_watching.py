"""Watching manifests of which none changes: python benchmarks/service_watching.py [--rooms 100000]

Writes manifests into one folder, or a folder each, looks at them once, and lets the watcher of
`roomreel serve` go on. Prints what a look costs, the CPU of the process as a part of a core, how
often it looked, and how long a new manifest then takes until it is seen, by notice.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil

from roomreel.service.database.connections import open_database
from roomreel.service.lists.listing import fetch_room
from roomreel.service.rooms.manifests import look
from roomreel.service.rooms.watcher import Watcher
from roomreel.service.service import Service
from roomreel.settings import Settings

SEEN = 5


def sid_of(number: int) -> str:
    return f"RM{number:032x}"


def write(root: Path, number: int, *, deep: bool) -> None:
    document = {
        "schema": "roomreel.room/1",
        "room": {"sid": sid_of(number), "status": "in-progress"},
    }
    place = root / f"{number // 1000}" / (f"{number}/room.json" if deep else f"{number}.json")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(document))


def nobody() -> Any:
    raise AssertionError("no account is needed")


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--rooms", type=int, default=100_000)
    asked.add_argument("--seconds", type=float, default=120)
    asked.add_argument("--deep", action="store_true", help="a folder for each manifest")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="roomreel-watch-") as name:
        measure(Path(name), given.rooms, given.seconds, deep=given.deep)


def measure(folder: Path, rooms: int, seconds: float, *, deep: bool) -> None:
    root = folder / "rooms"
    root.mkdir()
    for number in range(rooms):
        write(root, number, deep=deep)
    settings = Settings(
        folder=folder, store=folder / "store", manifests=str(root), media_roots=[str(root)]
    )
    process = psutil.Process()
    with closing(open_database(settings)) as database:
        begun = time.monotonic()
        print(f"{look(database, settings).read} read in {time.monotonic() - begun:.0f} s")
        begun, cpu = time.monotonic(), time.thread_time()
        look(database, settings)
        cost = time.thread_time() - cpu
        print(f"a look without anything new: {time.monotonic() - begun:.2f} s, {cost:.2f} s CPU")
        service = Service(settings, database, nobody, "http://localhost")
        ended = threading.Event()
        watcher = Watcher(service, "it")
        thread = threading.Thread(target=watcher.work, args=(ended,))
        thread.start()
        while not (watcher.is_after_notices and watcher.next_look > time.monotonic()):
            time.sleep(0.1)
        before = sum(process.cpu_times()[:2])
        time.sleep(seconds)
        used = sum(process.cpu_times()[:2]) - before
        pause = watcher.next_look - time.monotonic()
        print(f"{used / seconds:.2%} of a core in {seconds:.0f} s; next look in {pause:.0f} s")
        waits = []
        for number in range(rooms, rooms + SEEN):
            begun = time.monotonic()
            write(root, number, deep=deep)
            while fetch_room(database, sid_of(number)) is None:
                time.sleep(0.01)
            waits.append(time.monotonic() - begun)
        print("seen after " + ", ".join(f"{wait:.2f}" for wait in waits) + " s")
        ended.set()
        thread.join()


if __name__ == "__main__":
    main()
