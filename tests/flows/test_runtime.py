"""Flows in processes of their own: Prefect's home, its server, and what a kill leaves behind."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import psutil
import pytest
from small_disk import small_disk

from roomreel.catalog.catalog import Catalog
from roomreel.errors import OrchestratorFailed
from roomreel.flows.orchestration import runtime
from roomreel.flows.orchestration.runtime import SERVER, prefect_environment
from roomreel.model.table import Table
from roomreel.settings import Settings

RUN = """
import sys
from roomreel.flows.orchestration.runtime import orchestrator
from roomreel.settings import load
with orchestrator(load(sys.argv[1])):
    from roomreel.flows.nightly import nightly
    print(nightly(config=sys.argv[1]).headline)
"""
# However fast or slow the machine is: every mix but the first is at its beginning.
HOLD = """
import threading, time
import roomreel.batch.render
compose, first = roomreel.batch.render.compose, threading.Lock()
def held(job, plan, settings, on_progress=None):
    return compose(job, plan, settings, on_progress if first.acquire(blocking=False) else stay)
def stay(_):
    time.sleep(600)
roomreel.batch.render.compose = held
"""
# Starting, on a machine that does other things too.
PATIENCE_S = 120


def clean(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    return kept | {"HOME": str(home)}


def wait_for(what: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain")


def start(world: Path, code: str = RUN) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(world / "night.toml")],
        cwd=world,
        env=clean(world / "home"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def family(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def kill(process: subprocess.Popen[str]) -> None:
    """Kill one process as the kernel would, and see that nothing it started outlives it."""
    children = family(process)
    assert children
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(children, timeout=120)
    assert alive == []


def clip(path: Path, seconds: int) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    with av.open(str(path), "w", format="webm") as file:
        stream = file.add_stream("libvpx", rate=30, options={"deadline": "realtime"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(seconds * 30):
            picture = np.roll(noise, number, axis=1)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        file.mux(stream.encode())


@pytest.fixture
def world(tmp_path: Path) -> Path:
    for folder in ("home", "rooms", "layouts"):
        (tmp_path / folder).mkdir()
    (tmp_path / "night.toml").write_text(
        'manifests = "rooms"\ntemplates = "layouts"\nmedia_roots = ["rooms"]\nstore = "store"\n'
    )
    return tmp_path


def rooms(world: Path, count: int, seconds: int) -> None:
    clip(world / "rooms" / "camera.webm", seconds)
    end_time = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for number in range(count):
        sid = "RM" + secrets.token_hex(16)
        recording = {
            "sid": "RT" + secrets.token_hex(16),
            "source_sid": "MT" + secrets.token_hex(16),
            "participant_sid": "PA" + secrets.token_hex(16),
            "track_name": "camera",
            "type": "video",
            "status": "completed",
            "media": "camera.webm",
        }
        room = {
            "sid": sid,
            "unique_name": f"room-{number}",
            "status": "completed",
            "end_time": end_time,
        }
        document = {"schema": "roomreel.room/1", "room": room, "recordings": [recording]}
        (world / "rooms" / f"{sid}.json").write_text(json.dumps(document))
    layout = {"grid": {"video_sources": ["*"]}}
    template = {"schema": "roomreel.template/1", "friendly_name": "grid", "video_layout": layout}
    template |= {"resolution": "1280x720", "format": "mp4"}
    (world / "layouts" / "grid.json").write_text(json.dumps(template))


@pytest.mark.slow
def test_a_home_of_its_own_and_no_server_left_by_a_kill(world: Path) -> None:
    first = start(world)
    output, _ = first.communicate(timeout=PATIENCE_S)
    assert first.returncode == 0, output
    assert "nothing to do: no room to consider" in output
    assert "View at" not in output

    second = start(world)
    wait_for(lambda: any(SERVER in " ".join(child.cmdline()) for child in family(second)))
    kill(second)

    assert (world / "store" / "prefect" / "prefect.db").is_file()
    assert list((world / "home").iterdir()) == []


@pytest.mark.soak
def test_killed_in_the_middle_of_a_mix_and_run_again(world: Path) -> None:
    rooms(world, count=3, seconds=20)
    compositions = world / "store" / "compositions"
    scratch = world / "store" / "scratch"

    run = start(world, HOLD + RUN)
    wait_for(lambda: len(list(compositions.rglob("*.mp4"))) == 1)
    wait_for(lambda: list(scratch.glob("roomreel-attempt-*/**/part.mp4")))
    kill(run)
    (made,) = compositions.rglob("*.mp4")
    written = made.stat().st_mtime_ns

    again = start(world)
    output, _ = again.communicate(timeout=PATIENCE_S)
    assert again.returncode == 0, output
    assert "3 completed" in output
    assert made.stat().st_mtime_ns == written, "what was finished was mixed again"

    store = world / "store"
    catalog = Catalog.open(store / "catalog", store / "journal")
    rows = catalog.read(Table.COMPOSITIONS).to_pylist()
    assert [row["status"] for row in rows] == ["completed"] * 3
    assert {path.stem for path in compositions.rglob("*.mp4")} == {row["sid"] for row in rows}
    stems = {path.name.split(".")[0] for path in compositions.rglob("*") if path.is_file()}
    assert stems == {row["sid"] for row in rows}
    assert not list(scratch.glob("roomreel-*"))

    last = start(world)
    output, _ = last.communicate(timeout=PATIENCE_S)
    assert "nothing to do: 3 up to date" in output


def test_what_is_set_stands_but_for_the_home(tmp_path: Path) -> None:
    settings = Settings(prefect_home=tmp_path / "prefect")
    environ = {"PREFECT_HOME": "/home/somebody/.prefect", "PREFECT_LOGGING_LEVEL": "ERROR"}
    chosen = prefect_environment(settings, environ)
    assert chosen["PREFECT_HOME"] == str(tmp_path / "prefect")
    assert chosen["PREFECT_LOGGING_LEVEL"] == "ERROR"
    assert chosen["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert Path(chosen["PREFECT_LOCAL_STORAGE_PATH"]).is_relative_to(tmp_path / "prefect")


def test_a_relative_home_is_made_absolute() -> None:
    home = prefect_environment(Settings(prefect_home=Path("here")), {})["PREFECT_HOME"]
    assert Path(home) == Path.cwd() / "here"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise OSError(28, 'No space left on device')", "No space left on device"),
        (
            "import sys; print('first\\n\\x1b[31mlast \\n\\n', file=sys.stderr); sys.exit(3)",
            "[31mlast",
        ),
        ("pass", "no word"),
    ],
)
def test_a_server_that_ends_at_once_is_told_by_its_last_words(
    tmp_path: Path, code: str, words: str
) -> None:
    log = tmp_path / "server.log"
    argv = [sys.executable, "-c", code]
    with (
        log.open("wb") as errors,
        subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=errors) as process,
        pytest.raises(OrchestratorFailed, match="ended with exit code") as caught,
    ):
        runtime._wait_until_ready(process, log)
    assert caught.value.message.endswith(words)
    assert caught.value.message.isprintable()
    assert str(log) in caught.value.remedy


@pytest.mark.slow
def test_a_server_whose_disk_is_full_is_told_by_that(tmp_path: Path) -> None:
    home = tmp_path / "home"
    # In a process of its own: an orchestrator leaves variables behind.
    code = (
        "from pathlib import Path; from roomreel.flows.orchestration.runtime import orchestrator;"
        "from roomreel.settings import Settings\n"
        f"with orchestrator(Settings(prefect_home=Path({str(home)!r}))): pass"
    )
    environ = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
    with small_disk(home):
        ran = subprocess.run(
            [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False
        )
    assert "the Prefect server ended with exit code" in ran.stderr
    assert f"the disk of {home} is full: make room there, and run it again" in ran.stderr


def test_a_server_that_says_nothing_is_waited_for_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "STARTUP_TIMEOUT_S", 0.2)
    argv = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        with pytest.raises(OrchestratorFailed, match="did not start within"):
            runtime._wait_until_ready(process, tmp_path / "server.log")
        process.kill()


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("All connection attempts failed"),
        httpx.ReadTimeout(""),
        RuntimeError("Failed to reach API at http://127.0.0.1:9/api/"),
    ],
)
def test_a_server_that_does_not_answer_is_no_internal_error(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://user:secret@127.0.0.1:9/api")
    words = r"127\.0\.0\.1:9.* does not answer: \w"
    with pytest.raises(OrchestratorFailed, match=words) as caught, runtime.answering("start it"):
        raise error
    assert "secret" not in str(caught.value)


def test_another_error_of_a_flow_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="of its own"), runtime.answering("start it"):
        raise RuntimeError("of its own")
