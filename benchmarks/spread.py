"""One long room, and a night of rooms, on two workers of one core against one worker of one core.

    python benchmarks/spread.py [--seconds 600] [--rooms 4] [--room-seconds 150]
        [--only pool dask night]

It starts a Prefect server (SQLite), process workers and a Dask cluster of its own; each worker and
what it starts has one core. What is compared is the time from the start of the first task that
draws to the end of the last mix, so that starting processes is left out, but for those that begin
in between: the run that draws the second share. Two cores or more, and nothing else on them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from places import ROOT
from rooms import Room, build, meeting

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
RENDERS = ("mix ", "draw")
READY_S = 600
ALL_S = 10**6


@dataclass(frozen=True)
class Stage:
    """A Prefect server and a folder.

    Attributes:
        environment: of whatever works for it.
    """

    root: Path
    environment: dict[str, str]

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
            for recording in document["recordings"]:
                recording["media"] = str((room.manifest.parent / recording["media"]).resolve())
            (folder / f"{document['room']['sid']}.json").write_text(json.dumps(document))
        file = self.root / f"{name}.toml"
        file.write_text("\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items()))
        return file

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

    def night(self, config: Path, core: int | None) -> float:
        """Seconds from the first drawing to the end of the last mix of a night."""
        begun = time.time()
        pinned = [] if core is None else ["taskset", "-c", str(core)]
        night = f"from flows.nightly import nightly; nightly(config={str(config)!r})"
        subprocess.run([*pinned, sys.executable, "-c", night], env=self.environment, check=True)
        return asyncio.run(_rendering_s(begun))


async def _rendering_s(since: float) -> float:
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
    return (max(r.end_time for r in runs) - min(r.start_time for r in runs)).total_seconds()  # type: ignore[type-var,operator]


async def _deploy() -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.deployments.runner import EntrypointType

    from flows.chunks import draw_chunks
    from flows.shard import compose_shard

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


def one_room(stage: Stage, seconds: int, only: list[str]) -> None:
    """A long room drawn by one, and by two."""
    room = build("spread", meeting(PEOPLE), seconds)
    alone = stage.night(stage.config("alone", [room]), core=0)
    print(f"one room of {seconds} s, one worker of one core: {alone:.1f} s", flush=True)
    spread: dict[str, Any] = {"spread_shares": 2, "spread_above_s": 0}
    if "pool" in only:
        with stage.started(1, *_worker("second")):
            config = stage.config("pool", [room], spread="pool", **spread)
            _tell("pool", stage.night(config, core=0), alone)
    if "dask" in only:
        address = f"127.0.0.1:{_free_port()}"
        host, port = address.split(":")
        worker = ("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny")
        with (
            stage.started(None, "distributed.cli.dask_scheduler", "--host", host, "--port", port),
            stage.started(1, *worker, "--no-dashboard"),
        ):
            _await_dask(address)
            config = stage.config(
                "dask", [room], spread="dask", dask_address=f"tcp://{address}", **spread
            )
            _tell("Dask", stage.night(config, core=0), alone)


def _await_dask(address: str) -> None:
    from distributed import Client

    with Client(address, timeout=READY_S) as client:
        client.wait_for_workers(1, timeout=READY_S)


def night_of_rooms(stage: Stage, count: int, seconds: int) -> None:
    """As many shards as workers, so that each starts one process."""
    rooms = [build(f"spread-{n}", meeting(PEOPLE), seconds) for n in range(count)]
    taken: list[float] = []
    for workers in (1, 2):
        with ExitStack() as stack:
            for core in range(workers):
                stack.enter_context(stage.started(core, *_worker(f"night-{core}")))
            config = stage.config(
                f"night-{workers}",
                rooms,
                shards="compose-shard/compose-shard",
                # One core takes about its CPU seconds: one shard of all, or two of half.
                shard_s=int(taken[0] * 0.6) if taken else ALL_S,
            )
            taken.append(stage.night(config, core=None))
        print(f"{count} rooms of {seconds} s, {workers} workers: {taken[-1]:.1f} s", flush=True)
    _tell("night", taken[1], taken[0])


def _tell(name: str, two: float, one: float) -> None:
    print(
        f"{name}: two / one = {two:.1f} s / {one:.1f} s = {two / one:.2f} (at most 0.65)",
        flush=True,
    )


def main() -> None:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--rooms", type=int, default=4)
    parser.add_argument("--room-seconds", type=int, default=150)
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
        stage = Stage(root, dict(os.environ))
        server = ("prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
        with stage.started(None, *server):
            _await(f"http://127.0.0.1:{port}/api/health")
            asyncio.run(_deploy())
            if {"pool", "dask"} & set(asked.only):
                one_room(stage, asked.seconds, asked.only)
            if "night" in asked.only:
                night_of_rooms(stage, asked.rooms, asked.room_seconds)


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
