"""Kills all over a site, each followed by Retry or the next night: no composition is the worse.

KILLS=20 python -m pytest -m soak tests/operate/test_many_kills.py -s
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from calls import Calls
from postgres import is_installed, postgres
from prefect.client.schemas.objects import FlowRun
from prefect.states import AwaitingRetry
from prefect_site import ROOT, Site, wait_for

from roomreel.flows.compose_shard import compose_shard
from roomreel.flows.nightly import nightly
from roomreel.settings import load
from roomreel.storage import sha256_of

KILLS = int(os.environ.get("KILLS", "20"))
pytestmark = [
    pytest.mark.soak,  # minutes for each kill where others work, too
    pytest.mark.timeout(300 + KILLS * 600),
    pytest.mark.skipif(not is_installed() and not os.environ.get("CI"), reason="no PostgreSQL"),
]
ROOMS_A_NIGHT = 2
# Prefect reports a crash twice, seconds apart; an automation takes the second one back.
LATE_S = 8
SECONDS = int(os.environ.get("ROOM_S", "30"))
# A run that ends late because the machine does other things, too.
PATIENCE_S = 600
# In the command line of a process.
RENDER, FLOW = "roomreel.process.child", "prefect.engine"


def is_alive(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def descendants(pid: int, word: str) -> list[psutil.Process]:
    """What it started, and what that did, with this word in the command line."""
    found = []
    with suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error):
                if word in " ".join(child.cmdline()):
                    found.append(child)
    return found


class Nights:
    """A site of one worker and two Dask workers, and what is killed there."""

    def __init__(self, site: Site, calls: Calls, dask: str) -> None:
        self.site, self.calls, self.dask = site, calls, dask
        given = {"config": str(calls.config)}
        self.night = site.deploy(nightly, "roomreel.flows.nightly.nightly", given)
        self.shard = site.deploy(compose_shard, "roomreel.flows.compose_shard.compose_shard", given)
        (self.server,) = site.processes
        site.automate("overtaken")  # a Retry right after a kill is the rule here
        host, port = dask.split(":")
        words = ("--host", host, "--port", port, "--no-dashboard")
        site.start("scheduler", *words, of="distributed.cli.dask_scheduler")
        self.drawers = [self.drawer(), self.drawer()]
        self.worker = site.worker()
        self.flows: set[psutil.Process] = set()
        self.lost: set[UUID] = set()

    def drawer(self) -> subprocess.Popen[bytes]:
        words = (self.dask, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        return self.site.start("drawer", *words, of="distributed.cli.dask_worker")

    def at_work(self) -> list[psutil.Process]:
        """Processes of flow runs, also those whose worker is gone."""
        self.flows |= {*descendants(self.worker.pid, FLOW)}
        return [flow for flow in self.flows if is_alive(flow)]

    def renders(self) -> list[psutil.Process]:
        return [render for flow in self.at_work() for render in descendants(flow.pid, RENDER)]

    def kill_flow(self) -> None:
        wait_for(lambda: [flow for flow in self.at_work() if descendants(flow.pid, RENDER)])[
            0
        ].kill()

    def kill_render(self) -> None:
        wait_for(self.renders)[0].kill()

    def kill_worker(self) -> None:
        wait_for(self.renders)
        self.worker.kill()
        self.worker.wait()
        # A night whose shard had not begun waits for whoever begins it.
        self.worker = self.site.worker("worker-after-it")
        wait_for(lambda: not self.at_work(), PATIENCE_S)
        # What ended with it the site's automation declares Crashed; there is none here.
        self.lost |= {run.id for run in self.missing_chunks()}

    def kill_server(self) -> None:
        wait_for(self.renders)
        for each in [*descendants(self.server.pid, ""), self.server]:
            each.kill()
        self.server.wait()
        self.server = self.site.server()

    def kill_dask_worker(self) -> None:
        drawing = wait_for(lambda: [d for d in self.drawers if descendants(d.pid, RENDER)])
        drawing[0].kill()
        drawing[0].wait()
        self.drawers.remove(drawing[0])
        self.drawers.append(self.drawer())

    def unfinished(self) -> list[FlowRun]:
        runs = self.site.client.read_flow_runs()
        return [run for run in runs if not run.state.is_final() and run.id not in self.lost]

    def settle(self) -> None:
        """Wait until nothing is under way, nor put back after a late report of a crash."""

        def quiet() -> bool:
            return not self.at_work() and not self.missing_chunks()

        wait_for(quiet, PATIENCE_S)
        time.sleep(LATE_S)
        wait_for(quiet, PATIENCE_S)

    def next_night(self) -> None:
        self.site.run(self.night)

    def retry(self) -> None:
        """Click Retry on each shard that has ended without success."""
        for run in self.site.client.read_flow_runs():
            if run.deployment_id == self.shard and run.state_name in ("Failed", "Crashed"):
                self.site.client.set_flow_run_state(run.id, AwaitingRetry())


VICTIMS: dict[str, Callable[[Nights], None]] = {
    "flow": Nights.kill_flow,
    "worker": Nights.kill_worker,
    "server": Nights.kill_server,
    "render": Nights.kill_render,
    "Dask worker": Nights.kill_dask_worker,
}
MENDS = {"next night": Nights.next_night, "Retry": Nights.retry}


@pytest.fixture
def dask() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def calls(tmp_path: Path, dask: str) -> Calls:
    spread = {"spread": "dask", "dask_address": f"tcp://{dask}", "spread_above_s": 0}
    calls = Calls(tmp_path, shards="compose-shard/compose-shard", workers=2, **spread)
    calls.pictures("camera.webm", seconds=SECONDS)
    layout = {"grid": {"video_sources": ["*"]}}
    calls.template("grid", video_layout=layout, resolution="1280x720", format="mp4")
    return calls


@pytest.fixture
def nights(tmp_path: Path, calls: Calls, dask: str) -> Iterator[Nights]:
    with postgres() as database, Site(tmp_path, database) as site:
        nights = Nights(site, calls, dask)
        yield nights
        for flow in nights.at_work():
            flow.kill()


def test_no_composition_is_the_worse(nights: Nights, calls: Calls) -> None:
    victims, mends = list(VICTIMS), list(MENDS)
    rooms = set()
    for kill in range(KILLS):
        victim = victims[kill % len(victims)]
        # Five and two: what was followed by a night is followed by Retry the next time.
        mend = mends[kill % len(mends)]
        names = [f"room-{kill}-{number}" for number in range(ROOMS_A_NIGHT)]
        rooms |= {calls.room(name, "camera.webm", "video") for name in names}
        nights.next_night()
        VICTIMS[victim](nights)
        nights.settle()
        MENDS[mend](nights)
        nights.settle()
        done = Counter(row["status"] for row in calls.rows())
        print(f"kill {kill + 1}: {victim}, {mend}: {dict(done)}", flush=True)
    nights.next_night()
    nights.settle()
    assert_none_is_the_worse(calls, rooms)
    print(f"{KILLS} kills, {len(rooms)} compositions: none lost, doubled or half written")


def assert_none_is_the_worse(calls: Calls, rooms: set[str]) -> None:
    settings, rows = load(calls.config), calls.rows()
    # None lost, none doubled,
    assert sorted(row["room_sid"] for row in rows) == sorted(rooms)
    assert {row["status"] for row in rows} == {"completed"}
    stored = [*(calls.folder / "store" / "compositions").rglob("*.mp4")]
    assert len(stored) == len(rooms)
    # none half written,
    for row in rows:
        media = Path(row["media_url"])
        assert (media.stat().st_size, sha256_of(media)) == (row["size_bytes"], row["media_sha256"])
    # and nothing of them left lying about.
    assert [*settings.scratch_root.glob("roomreel-attempt-*")] == []
    assert not settings.parts_root.exists() or [*settings.parts_root.iterdir()] == []
    code = "from roomreel.cli import main; main()"
    looked = subprocess.run(
        [sys.executable, "-c", code, "catalog", "check", "--config", str(calls.config)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (looked.returncode, looked.stdout) == (0, "")
