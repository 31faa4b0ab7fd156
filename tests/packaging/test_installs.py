"""The wheel as strangers install it, in a folder with other things of the same names."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import av
import httpx
import imageio_ffmpeg
import numpy as np
import psutil
import pytest
from installs import LOWEST, OTHERS, ROOT, WHOLE, Failed, Install, clean, environments

from roomreel import __version__

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

T = TypeVar("T")
# Of a machine that installs the next environment meanwhile.
PATIENCE_S = 600
# The folders of others, and what is in ours of the same names.
NAMESAKES = {"flows": "nightly", "tasks": "mix", "layouts": "__init__"}


@dataclass(frozen=True)
class Stranger:
    """Somebody with an environment, and a folder where they work."""

    environment: Path
    folder: Path

    def argv(self, *words: object) -> list[str]:
        return [str(self.environment / "bin" / "roomreel"), *map(str, words)]

    def run(self, *words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            self.argv(*words),
            cwd=self.folder,
            env=clean(),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        assert ran.returncode == code, ran.stdout + ran.stderr
        assert "Traceback" not in ran.stdout + ran.stderr
        return ran

    def sql(self, query: str, *options: object) -> list[dict[str, Any]]:
        return list(json.loads(self.run("sql", *options, "--json", query).stdout))

    def call(self, clips: Path, name: str) -> Path:
        """Put the recordings of a call where nights look for rooms, with a manifest."""
        folder = self.folder / "data" / "rooms" / name
        shutil.copytree(clips, folder)
        self.run("manifest", folder)
        return folder


# All pairs take a gigabyte and a minute each: the rest of them is for before a release.
PARAMS = [*WHOLE, LOWEST, *(pytest.param(each, marks=pytest.mark.soak) for each in OTHERS)]


@pytest.fixture(scope="module")
def installed(wheel: Path, request: pytest.FixtureRequest) -> Iterator[dict[Install, Future[Path]]]:
    asked = [
        item.callspec.params["stranger"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and "stranger" in item.fixturenames
    ]
    with environments(wheel, list(dict.fromkeys(asked))) as futures:
        yield futures


@pytest.fixture(scope="module", params=PARAMS, ids=str)
def stranger(
    request: pytest.FixtureRequest,
    installed: dict[Install, Future[Path]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stranger]:
    try:
        environment = installed[request.param].result()
    except Failed as error:
        if "there is no Python" in str(error) and not os.environ.get("CI"):
            pytest.skip(str(error))
        pytest.fail(str(error), pytrace=False)
    folder = tmp_path_factory.mktemp("work")
    for top, module in NAMESAKES.items():
        (folder / top).mkdir()
        (folder / top / f"{module}.py").write_text("this is no Python\n")
    yield Stranger(environment, folder)
    shutil.rmtree(environment)
    # Gigabytes are kept of no folder of tests.
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of a red camera and of a tone."""
    folder = tmp_path_factory.mktemp("clips")
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i"]
    video = ["color=red:s=160x120:r=10:d=1", "-c:v", "libvpx", folder / "alice-camera.mkv"]
    audio = ["sine=440:d=1", "-c:a", "libopus", folder / "bob-microphone.mka"]
    for argv in (video, audio):
        subprocess.run([*ffmpeg, *argv], check=True)
    return folder


def test_the_doctor_finds_nothing_missing(stranger: Stranger) -> None:
    told = json.loads(stranger.run("doctor", "--json").stdout)
    checks = {check["name"]: check for check in told["checks"]}
    assert checks["roomreel"]["detail"] == __version__
    assert checks["templates"]["detail"].startswith(str(stranger.environment))
    troubled = {name for name, check in checks.items() if check["state"] != "ok"}
    assert troubled <= {"manifests", "disk"}
    assert told["settings"]["store"] == str(stranger.folder / "data" / "store")
    assert set(told["sources"].values()) == {"default"}


def test_a_composition_is_to_be_seen_and_heard(stranger: Stranger, clips: Path) -> None:
    calls = stranger.folder / "calls"
    shutil.copytree(clips, calls)
    stranger.run("manifest", "calls")
    stranger.run("compose", "calls/room.json", "--template", "grid", "--out", "call.mp4")
    with av.open(str(stranger.folder / "call.mp4")) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    red, green, blue = pictures[len(pictures) // 2].mean(axis=(0, 1))
    assert red > 100
    assert max(green, blue) < 50
    with av.open(str(stranger.folder / "call.mp4")) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert np.sqrt(np.mean(sound**2)) > 0.02


@pytest.mark.parametrize("stranger", WHOLE, ids=str, indirect=True)
def test_the_quick_start_of_the_readme(stranger: Stranger, clips: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    _, installing, demo, *own = text.split("```sh\n")[1].split("```")[0].splitlines()
    # These two are the environments and the next test.
    assert (installing, demo) == ("pip install .", "roomreel demo")
    home = stranger.folder / "home"
    shutil.copytree(clips, home / "calls" / "monday")
    path = f"{stranger.environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["/bin/sh", "-euc", "\n".join(own)],
        cwd=stranger.folder,
        env=clean() | {"HOME": str(home), "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    with av.open(str(stranger.folder / "monday.mp4")) as container:
        assert {stream.type for stream in container.streams} >= {"video", "audio"}


@pytest.mark.soak
@pytest.mark.parametrize("stranger", WHOLE[:1], ids=str, indirect=True)
def test_the_demo_makes_its_own_rooms(stranger: Stranger) -> None:
    ran = stranger.run("demo")
    assert "minutes" in ran.stderr.splitlines()[0]
    config = ("--config", "roomreel-demo/roomreel.toml")
    counts = stranger.sql("select status, count(*) as n from compositions group by status", *config)
    assert {row["status"]: row["n"] for row in counts} == {"completed": 6, "failed": 2}
    assert not (stranger.folder / "data").exists()


@pytest.mark.soak
@pytest.mark.parametrize("stranger", WHOLE[2:], ids=str, indirect=True)
def test_a_night_by_the_layouts_of_roomreel(stranger: Stranger, clips: Path) -> None:
    stranger.call(clips, "monday")
    stranger.run("nightly")
    query = "select room_name, template, status, media_url from compositions"
    (row,) = stranger.sql(query)
    assert (row["room_name"], row["template"], row["status"]) == ("monday", "grid", "completed")
    assert Path(row["media_url"]).is_relative_to(stranger.folder / "data" / "store")
    stranger.run("report", "--html", "report.html")
    assert "monday" in (stranger.folder / "report.html").read_text()


@pytest.mark.parametrize("stranger", WHOLE[1:2], ids=str, indirect=True)
def test_a_night_by_serve_its_retry_and_a_request(stranger: Stranger, clips: Path) -> None:
    call = stranger.call(clips, "tuesday")
    call.rename(stranger.folder / "away")
    call.mkdir()
    shutil.copy(stranger.folder / "away" / "room.json", call)
    with serve(stranger) as (api, rest):
        nightly = asked(api, "GET", "deployments/name/nightly/nightly")["id"]
        # Asked twice, the server starts one run.
        once = {"idempotency_key": "tuesday"}
        run = asked(api, "POST", f"deployments/{nightly}/create_flow_run", once)["id"]
        assert ended(api, run) == "Failed"
        shutil.copytree(stranger.folder / "away", call, dirs_exist_ok=True)
        retry = {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}}
        asked(api, "POST", f"flow_runs/{run}/set_state", retry)
        assert ended(api, run) == "Completed"
        made = compose(rest, "tuesday")
    query = "select template, status from compositions where room_name = 'tuesday'"
    done = [{"template": name, "status": "completed"} for name in ("api", "grid")]
    assert sorted(stranger.sql(query), key=lambda row: str(row["template"])) == done
    call = stranger.folder / "requested.mp4"
    call.write_bytes(made)
    with av.open(str(call)) as container:
        assert {stream.type for stream in container.streams} >= {"video", "audio"}


def compose(rest: httpx.Client, room: str) -> bytes:
    """Ask the service for a composition; return its file."""
    layout = json.dumps({"grid": {"video_sources": ["*"]}})
    sid = rest.get("/Rooms", params={"Status": "completed", "UniqueName": room})
    (room_sid,) = (each["sid"] for each in sid.json()["rooms"])
    wanted = {"RoomSid": room_sid, "VideoLayout": layout, "AudioSources": "*", "Format": "mp4"}
    asked = rest.post("/Compositions", data=wanted)
    assert asked.status_code == 201, asked.text
    path = f"/Compositions/{asked.json()['sid']}"
    wait_for(lambda: rest.get(path).json()["status"] == "completed")
    return rest.get(f"{path}/Media", follow_redirects=True).content


class serve:  # noqa: N801  read as a verb
    """`roomreel serve`, from its start to its end: the API of its Prefect server, and its own."""

    def __init__(self, stranger: Stranger) -> None:
        self.log = stranger.folder / "serve.log"
        self.folder = stranger.folder
        with socket.socket() as free, socket.socket() as other:
            for each in (free, other):
                each.bind(("127.0.0.1", 0))
            port, prefect_port = (each.getsockname()[1] for each in (free, other))
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                stranger.argv("serve", "--port", port, "--prefect-port", prefect_port),
                cwd=stranger.folder,
                env=clean(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.api = httpx.Client(base_url=f"http://127.0.0.1:{prefect_port}/api", timeout=60)
        self.rest = httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", timeout=60)

    def __enter__(self) -> tuple[httpx.Client, httpx.Client]:
        wait_for(lambda: "UI:" in self.log.read_text() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()
        (account,) = self.folder.glob("data/store/**/account.json")
        who = json.loads(account.read_text())
        self.rest.auth = httpx.BasicAuth(who["account_sid"], who["auth_token"])
        return self.api, self.rest

    def __exit__(self, kind: object, *_: object) -> None:
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(300) == 0 or kind
        finally:
            for each in [self.process, *family]:
                if psutil.pid_exists(each.pid):
                    each.kill()
            self.api.close()
            self.rest.close()


def asked(api: httpx.Client, method: str, path: str, document: Any = None) -> Any:
    """Return the answer of the API; a server on SQLite is now and then too busy for one."""

    def answer() -> Any:
        answer = api.request(method, path, json=document)
        return answer.json() if answer.is_success else None

    return wait_for(answer)


def ended(api: httpx.Client, run: str) -> str:
    """Return the name of the state in which a run ends."""

    def final() -> str | None:
        state = asked(api, "GET", f"flow_runs/{run}")["state"]
        has_ended = state["type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
        return str(state["name"]) if has_ended else None

    return wait_for(final)


def wait_for(what: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.3)
    raise AssertionError("waited in vain")
