"""A long room drawn by real workers, of Prefect's pool and of a Dask cluster, is the same room."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest
from numpy.typing import NDArray
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments.runner import EntrypointType
from prefect.settings import PREFECT_API_URL

REPOSITORY = Path(__file__).parents[2]
# None of these folders is a package: tests run with --import-mode=importlib.
sys.path.insert(0, str(REPOSITORY / "tests" / "media"))

from clip_rooms import Track, room  # noqa: E402
from clips import Clips  # noqa: E402

from roomreel.flows.draw_chunks import draw_chunks  # noqa: E402
from roomreel.flows.nightly import nightly  # noqa: E402
from roomreel.flows.orchestration import spreading  # noqa: E402

pytestmark = pytest.mark.slow

LOSSLESS = {"crf": "0", "profile": "high444"}


@dataclass(frozen=True)
class Night:
    """A folder with one room and one template."""

    root: Path

    def of(self, name: str, *, is_parameter: bool = True, **settings: Any) -> Path:
        """Compose the room by these settings in a store of its own; returns the medium.

        Args:
            is_parameter: whether the run is told of the settings, or finds them in its environment.
        """
        config = self.root / f"{name}.toml"
        values: dict[str, Any] = {
            "manifests": "rooms",
            "templates": "layouts",
            "media_roots": ["rooms"],
            "store": name,
            **settings,
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
        options = [f"{key} = {json.dumps(value)}" for key, value in LOSSLESS.items()]
        config.write_text("\n".join([*lines, "[encoder_options]", *options]))
        (line,) = nightly(config=str(config) if is_parameter else None).lines
        assert str(line.state) == "completed"
        return Path(line.media)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, prefect: None) -> Night:
    root = tmp_path_factory.mktemp("night")
    clips = Clips(root)
    tracks = [
        Track("ann", "camera", clips.counted(seconds=9, gop=50)),
        Track("ann", "microphone", clips.tone(440, seconds=9)),
        Track("bob", "camera", clips.counted((320, 240), "h264", seconds=7, gop=70, start=1)),
    ]
    ended = datetime.now(UTC) - timedelta(days=1)
    room(root / "rooms", tracks, end_time=ended.strftime("%Y-%m-%dT%H:%M:%SZ"))
    (root / "layouts").mkdir()
    grid = {
        "schema": "roomreel.template/1",
        "friendly_name": "grid",
        "video_layout": {"grid": {"video_sources": ["*"]}},
        "audio_sources": ["*"],
        "resolution": "320x240",
        "format": "mp4",
    }
    (root / "layouts" / "grid.json").write_text(json.dumps(grid))
    return Night(root)


@pytest.fixture(scope="module")
def whole(night: Night) -> list[NDArray[np.uint8]]:
    return pictures(night.of("whole"))


def pictures(media: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(media)) as container:
        return [frame.to_ndarray(format="yuv444p") for frame in container.decode(video=0)]


def assert_same(media: Path, whole: list[NDArray[np.uint8]]) -> None:
    assert all(np.array_equal(a, b) for a, b in zip(pictures(media), whole, strict=True))


@contextmanager
def started(*arguments: str) -> Iterator[psutil.Process]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "PREFECT_API_URL": str(PREFECT_API_URL.value()),
    }
    with subprocess.Popen([sys.executable, "-m", *arguments], env=environment) as process:
        try:
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def until(holds: Callable[[], bool], seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.fixture
def cluster() -> Iterator[tuple[str, list[psutil.Process]]]:
    """A Dask scheduler and two workers of one thread, on loopback."""
    from distributed import Client

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    host, port = address.split(":")
    worker = ("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny")
    with ExitStack() as stack:
        stack.enter_context(
            started("distributed.cli.dask_scheduler", "--host", host, "--port", port)
        )
        quiet = ("--no-dashboard",)
        workers = [stack.enter_context(started(*worker, *quiet)) for _ in range(2)]
        with Client(address, timeout=180) as client:
            client.wait_for_workers(2, timeout=180)
        yield f"tcp://{address}", workers


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What came of each share that somebody else was to draw."""
    found: list[str] = []
    tell = spreading.state_of

    def noted(result: Any) -> Any:
        found.append(str(result))
        return tell(result)

    monkeypatch.setattr(spreading, "state_of", noted)
    return found


@pytest.mark.soak
def test_dask_draws_two_of_three_shares(
    night: Night,
    whole: list[NDArray[np.uint8]],
    cluster: tuple[str, list[psutil.Process]],
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, workers = cluster
    # The workers were started before, in another folder, and know of no settings.
    monkeypatch.chdir(night.root)
    monkeypatch.setenv("ROOMREEL_CONFIG", "dask.toml")
    spread = {"spread": "dask", "dask_address": address, "spread_shares": 3, "spread_above_s": 0}
    media = night.of("dask", is_parameter=False, **spread)
    assert_same(media, whole)
    assert told == ["drawn", "drawn"]
    # The time of render processes that they had.
    assert any(worker.cpu_times().children_user for worker in workers)


@pytest.mark.soak
def test_a_dask_worker_is_killed_while_it_draws(
    night: Night, whole: list[NDArray[np.uint8]], cluster: tuple[str, list[psutil.Process]]
) -> None:
    address, workers = cluster
    killed: list[int] = []

    def kill() -> None:
        # Seen and killed in one look: a share is drawn in less than a second.
        deadline = time.monotonic() + 180
        while not killed and time.monotonic() < deadline:
            victim = next((worker for worker in workers if worker.children()), None)
            if victim is None:
                time.sleep(0.02)
            else:
                victim.kill()
                killed.append(victim.pid)

    killer = threading.Thread(target=kill)
    killer.start()
    media = night.of(
        "killed", spread="dask", dask_address=address, spread_shares=3, spread_above_s=0
    )
    killer.join()
    assert len(killed) == 1
    assert_same(media, whole)


@pytest.mark.soak
def test_a_worker_of_the_pool_draws_the_second_share(
    night: Night, whole: list[NDArray[np.uint8]], told: list[str]
) -> None:
    asyncio.run(deployed("chunks"))
    with started("prefect", "worker", "start", "--pool", "chunks", "--type", "process"):
        media = night.of("pool", spread="pool", spread_shares=2, spread_above_s=0)
    assert_same(media, whole)
    assert told == ["drawn"]


async def deployed(pool: str) -> None:
    async with get_client() as client:
        await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    deployment = await draw_chunks.ato_deployment(
        "draw-chunks", work_pool_name=pool, entrypoint_type=EntrypointType.MODULE_PATH
    )
    await deployment.aapply()
