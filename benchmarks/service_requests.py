"""How fast requests by the API are taken in and composed: a lone one, and a thousand at once.

    python benchmarks/service_requests.py [--creates 1000] [--lone 10] [--night] [--told 2]

It runs `roomreel serve` as an operator does, with rooms of one second of sound. With --night a
night renders on the same machine while lone requests come. With --told as many rounds of creates
without callbacks and with them are made in turns, and compared.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from prefect.client.orchestration import SyncPrefectClient

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "servers"), str(ROOT / "tests" / "operate")]

from calls import Calls  # noqa: E402
from receiver import Receiver, receiver  # noqa: E402
from service_site import ServiceSite, create, fetch, wait_for_status  # noqa: E402

CLIENTS = 16
LONGEST_PAUSE_S = 12.0
LOOK_S = 2.0
RENDERS_AFTER_S = 30


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creates", type=int, default=1000)
    parser.add_argument("--lone", type=int, default=10)
    parser.add_argument("--night", action="store_true")
    parser.add_argument("--told", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="roomreel-requests-") as name:
        folder = Path(name)
        calls = Calls(folder, callback_allow=["127.0.0.1"])
        rounds = asked.told * 2 or 1
        rooms = [calls.room(f"room-{number}") for number in range(max(asked.creates, 1) * rounds)]
        if asked.night:
            calls.pictures("long.webm", 120)
            calls.template("grid", video_layout={"grid": {"video_sources": ["*"]}})
            for number in range(8):
                calls.room(f"long-{number}", "long.webm", "video")
        with ServiceSite(folder, calls.config) as site, site.client() as client:
            if asked.night:
                start_night(site)
            lone(client, rooms[0], asked.lone)
            if asked.told:
                compare(client, rooms, asked.creates, folder / "told.jsonl")
            elif asked.creates:
                many(client, rooms)


def start_night(site: ServiceSite) -> None:
    """Start a night, and wait until it renders."""
    prefect = SyncPrefectClient(f"http://127.0.0.1:{site.prefect_port}/api")
    deployment = prefect.read_deployment_by_name("nightly/nightly")
    prefect.create_flow_run_from_deployment(deployment.id)
    time.sleep(RENDERS_AFTER_S)


def lone(client: httpx.Client, room: str, count: int) -> None:
    """Print how long lone requests take to be processing, and to be done."""
    processing, done = [], []
    for _ in range(count):
        time.sleep(random.uniform(0, LONGEST_PAUSE_S))
        began = time.monotonic()
        sid = create(client, room)["sid"]
        wait_for_status(client, sid, "processing", "completed")
        processing.append(time.monotonic() - began)
        made = wait_for_status(client, sid, "completed", "failed")
        done.append(time.monotonic() - began)
        assert made["status"] == "completed", made
    for what, seconds in (("processing", processing), ("completed", done)):
        if seconds:
            print(
                f"lone, to {what}: median {statistics.median(seconds):.1f} s, "
                f"worst {max(seconds):.1f} s, {len(seconds)} requests",
                flush=True,
            )


def compare(client: httpx.Client, rooms: list[str], creates: int, file: Path) -> None:
    """Print how much longer requests take whose callers are told of them."""
    ratios = []
    with receiver(file) as told:
        while rooms:
            quiet, loud, rooms = rooms[:creates], rooms[creates : 2 * creates], rooms[2 * creates :]
            without, _ = many(client, quiet)
            took, sids = many(client, loud, StatusCallback=told.url())
            began = time.monotonic()
            wait_until_told(told, sids)
            print(f"all told {time.monotonic() - began:.1f} s after the last one", flush=True)
            ratios.append(took / without)
    print(
        f"with callbacks / without: median {statistics.median(ratios):.3f}, "
        f"{min(ratios):.3f} to {max(ratios):.3f}, {len(ratios)} rounds"
    )


def wait_until_told(told: Receiver, sids: list[str]) -> None:
    """Wait until the events of all have come, and print how many came in their order."""
    in_order = ["composition-started", "composition-available"]
    events: dict[str, list[str]] = {}
    while any(events.get(sid, [])[-1:] != in_order[-1:] for sid in sids):
        time.sleep(LOOK_S / 4)
        events = {sid: [] for sid in sids}
        for one in told.requests():
            given = one["parameters"]
            name = given["StatusCallbackEvent"]
            if given["CompositionSid"] in events and name != "composition-progress":
                events[given["CompositionSid"]].append(name)
    print(f"{sum(each == in_order for each in events.values())} of {len(sids)} told in order")


def many(client: httpx.Client, rooms: list[str], **form: str) -> tuple[float, list[str]]:
    """Print how long requests for as many rooms take to be accepted, and to be composed.

    Returns:
        Seconds until all ended, and their sids.
    """
    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        sids = [made["sid"] for made in pool.map(lambda room: create(client, room, **form), rooms)]
    print(f"{len(sids)} creates accepted in {time.monotonic() - began:.1f} s", flush=True)
    open_, ends = set(sids), {"completed": 0, "failed": 0}
    while open_:
        time.sleep(LOOK_S)
        for sid in sorted(open_):
            status = fetch(client, sid)["status"]
            if status not in ends:
                break  # the oldest are done first
            ends[status] += 1
            open_.discard(sid)
    took = time.monotonic() - began
    print(f"all ended after {took:.0f} s ({took / len(sids):.2f} s each): {ends}", flush=True)
    return took, sids


if __name__ == "__main__":
    main()
