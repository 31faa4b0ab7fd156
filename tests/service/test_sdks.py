"""The hosted service's own SDKs, with only the base URL changed, against `roomreel serve`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
sys.path.insert(0, str(Path(__file__).parents[1] / "operate"))
from calls import Calls, hexid
from postgres import is_installed, postgres
from round_robin import balancer
from service_site import ServiceSite

HERE = Path(__file__).parent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

VIDEOS = (
    *("teacher-webcast", "teacher-screen-video", "screen-presentation", "student-1", "student-2"),
    *("interviewed-video", "interviewer-1", "teacher-video-sess-1"),
)
SOUNDS = ("soundtrack", "teacher-audio-sess-1", "advisor-audio")
SECONDS = 2
PATIENCE_S = 60


@dataclass(frozen=True, slots=True)
class Served:
    """A service, as its clients see it."""

    url: str
    site: ServiceSite
    calls: Calls


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    calls = Calls(tmp_path_factory.mktemp("sqlite"))
    with ServiceSite(calls.folder, calls.config) as site:
        yield Served(site.url, site, calls)


@pytest.fixture(scope="module")
def two_on_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two instances on one database; a client's requests go to one and the other in turn."""
    if not is_installed() and not os.environ.get("CI"):
        pytest.skip("PostgreSQL is not installed")
    with postgres() as url, balancer() as before:
        database = url.replace("+asyncpg", "")
        folder = tmp_path_factory.mktemp("postgres")
        calls = Calls(folder, service_database=database, service_url=before.url)
        second = tmp_path_factory.mktemp("second")
        with ServiceSite(folder, calls.config) as one:
            prefect = f"http://127.0.0.1:{one.prefect_port}/api"
            with ServiceSite(second, calls.config, {"PREFECT_API_URL": prefect}) as other:
                before.go_to([one.url, other.url])
                yield Served(before.url, one, calls)
        counts = before.counts.values()
        assert min(counts) > 100
        assert max(counts) - min(counts) <= 1


def room_of(calls: Calls) -> tuple[str, list[dict[str, Any]]]:
    """Write a room of all tracks that the documented layouts name; return it and its recordings."""
    calls.pictures("camera.webm", SECONDS)
    end = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    kinds = dict.fromkeys(VIDEOS, "video") | dict.fromkeys(SOUNDS, "audio")
    recordings = [
        {
            "sid": hexid("RT"),
            "source_sid": hexid("MT"),
            "participant_sid": hexid("PA"),
            "track_name": name,
            "type": kind,
            "status": "completed",
            "codec": "opus" if kind == "audio" else "vp8",
            "media": "sound.webm" if kind == "audio" else "camera.webm",
            "date_created": f"{end - timedelta(seconds=SECONDS):%FT%TZ}",
        }
        for name, kind in kinds.items()
    ]
    room = {
        "sid": hexid("RM"),
        "unique_name": f"lesson {hexid('')}",
        "status": "completed",
        "date_created": f"{end - timedelta(minutes=1):%FT%TZ}",
        "end_time": f"{end:%FT%TZ}",
    }
    people = [{"sid": one["participant_sid"], "identity": one["track_name"]} for one in recordings]
    document = {
        "schema": "roomreel.room/1",
        "room": room,
        "participants": people,
        "recordings": recordings,
    }
    sound(calls.rooms / "sound.webm")
    (calls.rooms / f"{room['sid']}.json").write_text(json.dumps(document))
    return room["sid"], recordings


def sound(file: Path) -> None:
    """Write silence as long as the pictures are."""
    with av.open(str(file), "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=48000, layout="mono")
        for number in range(SECONDS * 50):
            frame = av.AudioFrame(format="s16", layout="mono", samples=960)
            frame.planes[0].update(bytes(1920))
            frame.sample_rate, frame.pts = 48000, number * 960
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def layouts_of(recordings: list[dict[str, Any]]) -> str:
    """The documented layouts, with sids of these recordings."""
    text = (HERE / "layouts.json").read_text()
    keys = {"RT": "sid", "MT": "source_sid", "PA": "participant_sid"}
    for one in recordings:
        for prefix, key in keys.items():
            text = text.replace(f'"{prefix}:{one["track_name"]}"', f'"{one[key]}"')
    return text


def wait_for_room(served: Served, room: str) -> None:
    """Wait until the manifest was looked at, which it is every ten seconds at the latest."""
    deadline = time.monotonic() + PATIENCE_S
    with served.site.client() as client:
        while client.get(f"/Rooms/{room}").status_code == 404:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def run(
    command: list[str],
    served: Served,
    room: str,
    recordings: list[dict[str, Any]],
    folder: Path,
    cwd: Path,
) -> dict[str, str]:
    """Run a program on a room; return the compositions that it made."""
    words = (served.url, *served.site.account, room, layouts_of(recordings), str(folder))
    done = subprocess.run(
        [*command, *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr[-5000:]
    made: dict[str, str] = json.loads(done.stdout)
    return made


def check_media(made: dict[str, str], folder: Path) -> None:
    layouts = {one["name"]: one for one in json.loads((HERE / "layouts.json").read_text())}
    assert {*made.values()} == layouts.keys()
    for sid, name in made.items():
        has_picture = "VideoLayout" in layouts[name]
        has_sound = "AudioSources" in layouts[name]
        with av.open(str(folder / f"{sid}.mp4")) as media:
            # Chapters are a stream of data.
            found = len(media.streams.audio), len(media.streams.video)
            assert found == (has_sound, has_picture), name
            if has_picture:
                stream = media.streams.video[0]
                size = layouts[name].get("Resolution", "640x480")
                assert f"{stream.width}x{stream.height}" == size
                # Timestamps of the recordings are milliseconds.
                frames = sum(1 for _ in media.decode(video=0))
                assert frames == pytest.approx(SECONDS * 30, abs=1)
            else:
                samples = sum(frame.samples for frame in media.decode(audio=0))
                assert samples / 48000 == pytest.approx(SECONDS, abs=0.1)
    with av.open(str(folder / "recording.mka")) as media:
        assert [stream.type for stream in media.streams] == ["audio"]


@pytest.mark.parametrize(
    "where", ["sqlite", pytest.param("two_on_postgres", marks=pytest.mark.soak)]
)
def test_the_sdks_do_all_of_it(
    where: str, node_sdk: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    served: Served = request.getfixturevalue(where)
    python = [sys.executable, "-W", "ignore", str(HERE / "sdk_python.py")]
    node = [str(shutil.which("node")), "sdk_node.js"]
    shutil.copy(HERE / "sdk_node.js", node_sdk)
    with ThreadPoolExecutor(2) as pool:
        runs = {}
        for command, folder in ((python, tmp_path / "python"), (node, tmp_path / "node")):
            folder.mkdir()
            room, recordings = room_of(served.calls)
            wait_for_room(served, room)
            runs[folder] = pool.submit(run, command, served, room, recordings, folder, node_sdk)
    for folder, made in runs.items():
        check_media(made.result(), folder)
