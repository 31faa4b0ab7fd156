"""docs/moving.md from a stand-in of the hosted service to `roomreel serve`, as it is written."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
sys.path.insert(0, str(Path(__file__).parents[1] / "operate"))
from calls import Calls, hexid
from hosted import Hosted, hosted
from service_site import ServiceSite, create, wait_for_status

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PAGE = (ROOT / "docs" / "moving.md").read_text(encoding="utf-8")
SCRIPTS = dict(re.findall(r"^```python (\w+\.py)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
COMMANDS = dict(re.findall(r"^```sh (\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
PATIENCE_S = 120
ENDED = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)
LAYOUT = {"grid": {"video_sources": ["*"]}}


def service_with(sound: bytes, rooms: int) -> Hosted:
    """The hosted service, with rooms of two people whose microphones were recorded."""
    account = hexid("AC"), secrets.token_hex(16)
    service = Hosted(account, signature=secrets.token_hex(16))
    for number in range(rooms):
        room = hexid("RM")
        begun = ENDED - timedelta(minutes=30)
        dates = {"date_created": shown(begun), "end_time": shown(ENDED)}
        named = {"unique_name": f"lesson-{number}", "type": "group", "status": "completed"}
        service.rooms.append({"sid": room} | named | dates)
        for identity in ("ann", "ben"):
            person, recording = hexid("PA"), hexid("RT")
            service.participants.append({"sid": person, "identity": identity, "room_sid": room})
            service.recordings.append(
                {
                    "sid": recording,
                    "source_sid": hexid("MT"),
                    "status": "completed",
                    "type": "audio",
                    "track_name": f"microphone of {identity}",
                    "codec": "opus",
                    "container_format": "mka",
                    "offset": 155_137_307_765 + number,
                    "duration": 1,
                    "size": len(sound),
                    "date_created": shown(begun),
                    "grouping_sids": {"room_sid": room, "participant_sid": person},
                }
            )
            service.media[recording] = sound
    goes_on = {"sid": hexid("RM"), "unique_name": "now", "status": "in-progress"}
    service.rooms.append(goes_on)
    composition = hexid("CJ")
    service.compositions.append({"sid": composition, "status": "completed", "format": "mp4"})
    service.media[composition] = b"a film"
    service.composition_hooks += [
        {"sid": hexid("HK"), "friendly_name": name, "enabled": enabled, "video_layout": LAYOUT}
        | {"audio_sources": ["*"], "audio_sources_excluded": [], "status_callback": None}
        | {"resolution": "640x480", "format": "webm", "trim": True}
        for name, enabled in (("each call", True), ("not yet", False))
    ]
    return service


def shown(date: datetime) -> str:
    return date.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_the_page(tmp_path: Path) -> None:
    rooms = tmp_path / "data" / "rooms"
    calls = Calls(tmp_path, manifests=str(rooms), media_roots=[str(rooms)])
    sound = (calls.rooms / "good.webm").read_bytes()
    with hosted(service_with(sound, rooms=3)) as service:
        assert len(fetch_rooms(service, tmp_path).splitlines()) == 3
        assert len(service.sent) == 6
        fetch_rooms(service, tmp_path)
        assert len(service.sent) == 6
        go_on(tmp_path, calls, service, sound)


def go_on(tmp_path: Path, calls: Calls, service: Hosted, sound: bytes) -> None:
    """Do what the page says from where roomreel is started."""
    with ServiceSite(tmp_path, calls.config) as site, site.client() as client:
        wait_for_rooms(client, 3)
        assert run("fetch_compositions.py", service, site) != ""
        assert run("fetch_compositions.py", service, site) == ""
        assert len(run("copy_hooks.py", service, site).splitlines()) == 2
        assert run("copy_hooks.py", service, site) == ""
        assert [file.read_bytes() for file in (tmp_path / "compositions").iterdir()] == [b"a film"]
        rooms = client.get("/Rooms?Status=completed").json()["rooms"]
        assert {room["sid"] for room in rooms} == {room["sid"] for room in service.rooms[:-1]}
        for one in service.recordings:
            check_recording(client, one, sound)
        check_hooks(client, service)
        made = create(client, rooms[0]["sid"])
        wait_for_status(client, made["sid"], "completed", seconds=180)
        # The hooks composed none of the old rooms.
        assert len(client.get("/Compositions").json()["compositions"]) == 1


def fetch_rooms(service: Hosted, folder: Path) -> str:
    """Run the command of the page; return the manifests that it names."""
    account, token = service.account
    variables = {"TWILIO_ACCOUNT_SID": account, "TWILIO_AUTH_TOKEN": token}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        ["/bin/bash", "-euc", COMMANDS["fetch_rooms"]],
        cwd=folder,
        env=os.environ | variables | {"TWILIO_VIDEO_API": service.url, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for secret in (account, token, service.signature):
        assert secret not in ran.stdout + ran.stderr
        for file in (folder / "data").rglob("*.json"):
            assert secret not in file.read_text()
    return ran.stdout


def wait_for_rooms(client: httpx.Client, count: int) -> None:
    """Wait until the service has looked at the manifests."""
    deadline = time.monotonic() + PATIENCE_S
    while len(client.get("/Rooms?Status=completed").json()["rooms"]) < count:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def run(script: str, service: Hosted, site: ServiceSite) -> str:
    """Run a script of the page; return what it prints."""
    there, here = service.account, site.account
    names = ("ACCOUNT_SID", "AUTH_TOKEN")
    variables = {f"TWILIO_{name}": value for name, value in zip(names, there, strict=True)}
    variables |= {f"ROOMREEL_{name}": value for name, value in zip(names, here, strict=True)}
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPTS[script]],
        cwd=site.folder,
        env=os.environ | variables | {"TWILIO_VIDEO_API": service.url, "API": site.url},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def check_recording(client: httpx.Client, there: dict[str, Any], sound: bytes) -> None:
    here = client.get(f"/Recordings/{there['sid']}").json()
    same = ("status", "source_sid", "type", "track_name", "container_format", "offset")
    assert {name: here[name] for name in same} == {name: there[name] for name in same}
    assert here["grouping_sids"] == there["grouping_sids"]
    assert here["codec"].lower() == there["codec"].lower()
    assert here["date_created"] == there["date_created"]
    media = client.get(f"/Recordings/{there['sid']}/Media", follow_redirects=True)
    assert media.content == sound


def check_hooks(client: httpx.Client, service: Hosted) -> None:
    listed = client.get("/CompositionHooks").json()["composition_hooks"]
    here = {hook["friendly_name"]: hook for hook in listed}
    assert here.keys() == {hook["friendly_name"] for hook in service.composition_hooks}
    same = ("enabled", "video_layout", "audio_sources", "resolution", "format", "trim")
    for there in service.composition_hooks:
        hook = here[there["friendly_name"]]
        told = {name: hook[name] for name in same if name != "video_layout"}
        assert told == {name: there[name] for name in same if name != "video_layout"}
        assert hook["video_layout"]["grid"]["video_sources"] == ["*"]
