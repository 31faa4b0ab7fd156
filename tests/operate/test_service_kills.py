"""Kills of whatever works on requests, over hundreds of them: each is made once, none is lost.

Every event of each is delivered, in its order, with one token however often.

    python -m pytest -m soak -s tests/operate/test_service_kills.py     CREATES=1000 KILLS=12

The service has a PostgreSQL of its own, which is ended without warning, too.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx
import psutil
import pytest
from calls import Calls

from roomreel.storage import sha256_of

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from postgres import Cluster, cluster, is_installed
from receiver import Receiver, receiver
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


class Application:
    """The receiver of callbacks, at one address, however often it is killed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stack = ExitStack()
        self.at = self._stack.enter_context(receiver(file))

    def restart(self) -> None:
        self._stack.close()
        time.sleep(1)
        self.at = self._stack.enter_context(receiver(self._file, self.at.port))

    def close(self) -> None:
        self._stack.close()


def kill_application(_site: ServiceSite, _database: Cluster, application: Application) -> str:
    application.restart()
    return "the application"


def kill_service(site: ServiceSite, _database: Cluster, _application: Application) -> str:
    site.kill()
    site.start()
    return "serve and all that it has started"


def kill_worker(site: ServiceSite, _database: Cluster, _application: Application) -> str:
    for each in part(site, "worker", "start", "roomreel-requests"):
        each.kill()
    # serve ends when a part of it does; an operator's systemd starts it again.
    if site.process is not None:
        site.process.wait(120)
    site.start()
    return "the worker of requests"


def kill_flow(site: ServiceSite, _database: Cluster, _application: Application) -> str:
    flows = [each for each in part(site, "prefect") if "worker" not in " ".join(each.cmdline())]
    runs = [each for each in flows if "server" not in " ".join(each.cmdline())]
    for each in runs[:1]:
        each.kill()
    return f"{len(runs[:1])} flow"


def restart_database(_site: ServiceSite, database: Cluster, _application: Application) -> str:
    database.restart()
    return "the database"


WAYS = (kill_flow, restart_database, kill_worker, kill_application, kill_service)


def test_kills_lose_no_request_and_make_nothing_twice(tmp_path: Path) -> None:
    with cluster() as database, closing(Application(tmp_path / "received")) as application:
        url = database.url.replace("+asyncpg", "")
        allowed = ["127.0.0.1"]
        calls = Calls(tmp_path, service_database=url, callback_allow=allowed)
        rooms = [calls.room(f"room-{number}") for number in range(CREATES)]
        with ServiceSite(tmp_path, calls.config) as site:
            told = {"StatusCallback": application.at.url()}
            with site.client() as client, ThreadPoolExecutor(CLIENTS) as pool:
                made = pool.map(lambda room: create(client, room, **told), rooms)
                sids = [one["sid"] for one in made]
            print(f"{len(sids)} accepted")
            for number in range(KILLS):
                time.sleep(random.uniform(BETWEEN_S / 2, BETWEEN_S))
                print(
                    f"killed: {WAYS[number % len(WAYS)](site, database, application)}", flush=True
                )
            states = wait_for_all(site, sids)
            wait_for_callbacks(site)
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
        came = in_order(application.at, sids)
        assert set(came.values()) == {("composition-started", "composition-available")}
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


def wait_for_callbacks(site: ServiceSite) -> None:
    """Wait until no event waits any more, those whose next try is a while off among them."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        assert time.monotonic() < deadline
        with suppress(httpx.HTTPError), site.client() as client:
            answer = client.get("/Callbacks", params={"Status": "waiting"})
            if answer.status_code == 200 and not answer.json()["callbacks"]:
                return
        time.sleep(5)


def in_order(at: Receiver, sids: list[str]) -> dict[str, tuple[str, ...]]:
    """The events of each composition as they came, one that came again right after itself once.

    A hint that is on its way is not waited for, so it does not count.
    """
    came: dict[str, list[str]] = {sid: [] for sid in sids}
    tokens: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in at.requests():
        sid, name = (one["parameters"][key] for key in ("CompositionSid", "StatusCallbackEvent"))
        tokens[sid, name].add(one["headers"]["i-twilio-idempotency-token"])
        if name != "composition-progress" and came[sid][-1:] != [name]:
            came[sid].append(name)
    print(f"{len(at.requests())} requests tell {len(tokens)} events")
    assert {len(found) for key, found in tokens.items() if "progress" not in key[1]} == {1}
    return {sid: tuple(names) for sid, names in came.items()}
