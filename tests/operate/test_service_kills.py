"""Kills of whatever works on requests, over hundreds of them: each is made once, none is lost.

    python -m pytest -m soak -s tests/operate/test_service_kills.py     CREATES=1000 KILLS=12

The service has a PostgreSQL of its own, which is ended without warning, too.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest
from calls import Calls

from roomreel.storage import sha256_of

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from postgres import Cluster, cluster, is_installed
from service_site import ServiceSite, create

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(7200),
    pytest.mark.skipif(not is_installed(), reason="wants PostgreSQL"),
]

CREATES = int(os.environ.get("CREATES", "1000"))
KILLS = int(os.environ.get("KILLS", "12"))
PATIENCE_S = 5400.0
BETWEEN_S = 20.0
CLIENTS = 8


def part(site: ServiceSite, *words: str) -> list[psutil.Process]:
    found = []
    for each in site.family()[1:]:
        with suppress(psutil.Error):
            if all(word in " ".join(each.cmdline()) for word in words):
                found.append(each)
    return found


def kill_service(site: ServiceSite, _database: Cluster) -> str:
    site.kill()
    site.start()
    return "serve and all that it has started"


def kill_worker(site: ServiceSite, _database: Cluster) -> str:
    for each in part(site, "worker", "start", "roomreel-requests"):
        each.kill()
    # serve ends when a part of it does; an operator's systemd starts it again.
    if site.process is not None:
        site.process.wait(120)
    site.start()
    return "the worker of requests"


def kill_flow(site: ServiceSite, _database: Cluster) -> str:
    flows = [each for each in part(site, "prefect") if "worker" not in " ".join(each.cmdline())]
    runs = [each for each in flows if "server" not in " ".join(each.cmdline())]
    for each in runs[:1]:
        each.kill()
    return f"{len(runs[:1])} flow"


def restart_database(_site: ServiceSite, database: Cluster) -> str:
    database.restart()
    return "the database"


WAYS = (kill_flow, restart_database, kill_worker, kill_service)


def test_kills_lose_no_request_and_make_nothing_twice(tmp_path: Path) -> None:
    with cluster() as database:
        url = database.url.replace("+asyncpg", "")
        calls = Calls(tmp_path, service_database=url)
        rooms = [calls.room(f"room-{number}") for number in range(CREATES)]
        with ServiceSite(tmp_path, calls.config) as site:
            with site.client() as client, ThreadPoolExecutor(CLIENTS) as pool:
                sids = [made["sid"] for made in pool.map(lambda room: create(client, room), rooms)]
            print(f"{len(sids)} accepted")
            for number in range(KILLS):
                time.sleep(random.uniform(BETWEEN_S / 2, BETWEEN_S))
                print(f"killed: {WAYS[number % len(WAYS)](site, database)}", flush=True)
            states = wait_for_all(site, sids)
        print(Counter(states.values()))
        assert set(states.values()) == {"completed"}
        rows = {row["sid"]: row for row in calls.rows()}
        assert rows.keys() == set(sids)
        assert len(calls.rows()) == len(sids)
        for row in rows.values():
            media = Path(str(row["media_url"]))
            assert media.stat().st_size == row["size_bytes"]
            assert sha256_of(media) == row["media_sha256"]
        media = list((tmp_path / "store" / "compositions").rglob("*.mp4"))
        assert len(media) == len(sids)
        print("attempts:", Counter(row["attempts"] for row in rows.values()))


def wait_for_all(site: ServiceSite, sids: list[str]) -> dict[str, str]:
    """The state of each once none is open; the API may be away for a while."""
    deadline, states = time.monotonic() + PATIENCE_S, dict.fromkeys(sids, "enqueued")
    while open_ := [sid for sid, state in states.items() if state in {"enqueued", "processing"}]:
        assert time.monotonic() < deadline, Counter(states.values())
        with suppress(httpx.HTTPError), site.client() as client:
            for sid in open_:
                answer = client.get(f"/Compositions/{sid}")
                states[sid] = answer.json().get("status", states[sid])
        time.sleep(5)
    return states
