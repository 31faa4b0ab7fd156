"""One long room, and a night of rooms, on two workers of one core against one worker of one core.

    python benchmarks/spread.py [--seconds 600] [--rooms 4] [--room-seconds 150] [--rounds 3]
        [--only pool dask night]

It starts a Prefect server (SQLite), process workers and a Dask cluster of its own; each worker and
what it starts has one core. What is compared is the time from the start of the first task that
draws to the end of the last mix, so that starting processes is left out, but for those that begin
in between: the run that draws the second share. Two cores or more, and nothing else on them.

One and two take turns. Where a machine's speed changes between them the ratio of times is of no
use, so that beside it stands the ratio of times by the CPU seconds spent in them: a worker that
waits, or that does something twice, shows in one of wall and CPU, and both are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
from composing import planned, settings_for
from places import ROOT
from rooms import Room, build, meeting

from roomreel.workload.estimate import estimate

PEOPLE = 6
GRID = {
    "schema": "roomreel.template/1",
    "friendly_name": "grid",
    "video_layout": {"grid": {"video_sources": ["*"]}},
    "audio_sources": ["*"],
    "resolution": "1280x720",
    "format": "mp4",
}
POOL = "benchmark"
RENDERS = ("mix ", "render")
READY_S = 600
STOP_S = 30
SAMPLE_S = 0.5
SHARED: Mapping[str, Any] = {"spread_shares": 2, "spread_above_s": 0}


@dataclass(frozen=True)
class Took:
    """Seconds from the first drawing to the end of the last mix.

    Attributes:
        cpu_s: that all cores spent on anything meanwhile.
    """

    wall_s: float
    cpu_s: float

    def __str__(self) -> str:
        return f"{self.wall_s:.1f} s, {self.cpu_s:.1f} CPU s"


class Busy:
    """CPU seconds that this machine spent, looked at now and then in a thread."""

    def __init__(self) -> None:
        self._seen: list[tuple[float, float]] = []
        threading.Thread(target=self._look, daemon=True).start()

    def between(self, start: float, end: float) -> float:
        """Between two times of the clock."""
        inside = [spent for at, spent in self._seen if start <= at <= end]
        return inside[-1] - inside[0]

    def _look(self) -> None:
        while True:
            times = psutil.cpu_times()
            self._seen.append((time.time(), times.user + times.nice + times.system))
            time.sleep(SAMPLE_S)


@dataclass(frozen=True)
class Stage:
    """A Prefect server and a folder.

    Attributes:
        environment: of whatever works for it.
    """

    root: Path
    environment: dict[str, str]
    busy: Busy

    def config(self, name: str, rooms: list[Room], **settings: Any) -> Path:
        """Settings of a night in a store of its own."""
        values: dict[str, Any] = {
            "templates": str(self.root / "layouts"),
            "manifests": str(self.root / name / "rooms"),
            "media_roots": [str(ROOT / "benchmarks" / "out")],
            "store": str(self.root / name / "store"),
            "window_days": 36500,
            "threads": 1,
            "chunk_s": 0,
            **settings,
        }
        folder = Path(values["manifests"])
        folder.mkdir(parents=True)
        for room in rooms:
            document = json.loads(room.manifest.read_text(encoding="utf-8"))
            # A room of its own, or Prefect finds the mix among the results of another turn.
            document["room"]["sid"] = f"RM{uuid4().hex}"
            for recording in document["recordings"]:
                recording["media"] = str((room.manifest.parent / recording["media"]).resolve())
            (folder / f"{document['room']['sid']}.json").write_text(json.dumps(document))
        file = self.root / f"{name}.toml"
        file.write_text("\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items()))
        return file

    def estimated_s(self, room: Room) -> float:
        """CPU seconds that a night expects of a room."""
        template = self.root / "layouts" / "grid.json"
        _, job, plan = planned(room.manifest, template, settings_for(room.manifest, self.root))
        packets = {sid: one.packets for sid, one in job.media.items() if one.packets}
        return estimate(plan, packets).cpu_s

    @contextmanager
    def started(self, core: int | None, *arguments: str) -> Iterator[None]:
        """A program that runs as long as the block, on one core."""
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        log = (self.root / "programs.log").open("ab")
        with (
            log,
            subprocess.Popen(
                [*pinned, sys.executable, "-m", *arguments],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            ) as process,
        ):
            try:
                yield
            finally:
                os.killpg(process.pid, signal.SIGTERM)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_S)
                with suppress(ProcessLookupError):  # where SIGINT is ignored, so is SIGTERM
                    os.killpg(process.pid, signal.SIGKILL)

    def night(self, config: Path, core: int | None) -> Took:
        """Run a night."""
        begun = time.time()
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        night = f"from roomreel.flows.nightly import nightly; nightly(config={str(config)!r})"
        subprocess.run([*pinned, sys.executable, "-c", night], env=self.environment, check=True)
        start, end = asyncio.run(_rendering(begun))
        return Took(end - start, self.busy.between(start, end))


async def _rendering(since: float) -> tuple[float, float]:
    """When the first render began, and when the last one ended."""
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        found = await client.read_task_runs(limit=200)
    runs = [
        run
        for run in found
        if run.start_time
        and run.end_time
        and run.start_time.timestamp() > since
        and run.name.startswith(RENDERS)
    ]
    starts = [run.start_time.timestamp() for run in runs if run.start_time]
    ends = [run.end_time.timestamp() for run in runs if run.end_time]
    return min(starts), max(ends)


async def _deploy() -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.deployments.runner import EntrypointType

    from roomreel.flows.compose_shard import compose_shard
    from roomreel.flows.draw_chunks import draw_chunks

    async with get_client() as client:
        await client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
    for flow in (draw_chunks, compose_shard):
        made = await flow.ato_deployment(
            flow.name, work_pool_name=POOL, entrypoint_type=EntrypointType.MODULE_PATH
        )
        await made.aapply()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _worker(name: str) -> tuple[str, ...]:
    return ("prefect", "worker", "start", "--pool", POOL, "--name", name, "--limit", "1")


def alone(stage: Stage, room: Room, number: int) -> Took:
    """A room drawn by one worker."""
    return stage.night(stage.config(f"alone-{number}", [room]), core=0)


def by_pool(stage: Stage, room: Room, number: int) -> Took:
    """By one, and by a second of Prefect's pool."""
    with stage.started(1, *_worker(f"second-{number}")):
        return stage.night(stage.config(f"pool-{number}", [room], spread="pool", **SHARED), core=0)


def by_dask(stage: Stage, room: Room, number: int) -> Took:
    """By one, and by a worker of a Dask cluster."""
    address = f"127.0.0.1:{_free_port()}"
    host, port = address.split(":")
    worker = ("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny")
    with (
        stage.started(None, "distributed.cli.dask_scheduler", "--host", host, "--port", port),
        stage.started(1, *worker, "--no-dashboard"),
    ):
        _await_dask(address)
        cluster = {"spread": "dask", "dask_address": f"tcp://{address}"}
        return stage.night(stage.config(f"dask-{number}", [room], **cluster, **SHARED), core=0)


def by_workers(stage: Stage, rooms: list[Room], workers: int, number: int) -> Took:
    """Rooms of a night, as many shards as workers, so that each starts one process."""
    cost_s = sum(stage.estimated_s(room) for room in rooms)
    with ExitStack() as stack:
        for core in range(workers):
            stack.enter_context(stage.started(core, *_worker(f"night-{number}-{core}")))
        config = stage.config(
            f"night-{number}-{workers}",
            rooms,
            shards="compose-shard/compose-shard",
            shard_s=ceil(cost_s / workers * 1.1),
        )
        return stage.night(config, core=None)


def _await_dask(address: str) -> None:
    from distributed import Client

    with Client(address, timeout=READY_S) as client:
        client.wait_for_workers(1, timeout=READY_S)


def measure(stage: Stage, asked: argparse.Namespace) -> None:
    """Rounds of one worker and two, in turn."""
    found: dict[str, list[tuple[Took, Took]]] = {name: [] for name in asked.only}
    spreads = {"pool": by_pool, "dask": by_dask}
    chosen = [name for name in asked.only if name in spreads]
    room = build("spread", meeting(PEOPLE), asked.seconds) if chosen else None
    rooms = [
        build(f"spread-{n}", meeting(PEOPLE), asked.room_seconds)
        for n in range(asked.rooms if "night" in asked.only else 0)
    ]
    for number in range(asked.rounds):
        if room:
            one = alone(stage, room, number)
            print(f"one room of {asked.seconds} s, one worker: {one}", flush=True)
            for name in chosen:
                two = spreads[name](stage, room, number)
                print(f"{name}, two workers: {two}", flush=True)
                found[name].append((one, two))
        if rooms:
            one = by_workers(stage, rooms, 1, number)
            print(f"{len(rooms)} rooms of {asked.room_seconds} s, one worker: {one}", flush=True)
            two = by_workers(stage, rooms, 2, number)
            print(f"the same, two workers: {two}", flush=True)
            found["night"].append((one, two))
    for name, pairs in found.items():
        walls = [two.wall_s / one.wall_s for one, two in pairs]
        shares = [two.wall_s / two.cpu_s * one.cpu_s / one.wall_s for one, two in pairs]
        print(f"{name}: two / one = {_told(walls)} (at most 0.65), by CPU second {_told(shares)}")


def _told(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main() -> None:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--rooms", type=int, default=4)
    parser.add_argument("--room-seconds", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", default=["pool", "dask", "night"])
    asked = parser.parse_args()
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="roomreel-spread-") as folder:
        root = Path(folder)
        (root / "layouts").mkdir()
        (root / "layouts" / "grid.json").write_text(json.dumps(GRID))
        os.environ.update(
            PREFECT_HOME=str(root / "prefect"),
            PREFECT_API_URL=f"http://127.0.0.1:{port}/api",
            PREFECT_SERVER_ANALYTICS_ENABLED="false",
            PREFECT_LOGGING_LEVEL="WARNING",
            PYTHONPATH=str(ROOT),
        )
        stage = Stage(root, dict(os.environ), Busy())
        server = ("prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
        with stage.started(None, *server):
            _await(f"http://127.0.0.1:{port}/api/health")
            asyncio.run(_deploy())
            measure(stage, asked)


def _await(url: str) -> None:
    import httpx

    for _ in range(READY_S):
        try:
            if httpx.get(url, timeout=5).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(1)
    raise SystemExit("the Prefect server does not answer")


if __name__ == "__main__":
    main()
