"""docs/operations.md from an empty machine to a night on two: every command run as written."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import ceph
import httpx
import pytest
from calls import Calls
from postgres import is_installed
from prefect_site import ROOT, wait_for
from rehearsal import PATH, Rehearsal

PORTS = {"PostgreSQL": 5432, "Prefect": 4200, "one": 8080, "two": 8081}
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def is_ready() -> bool:
    return os.getuid() == 0 and is_installed() and not ceph.missing()


pytestmark = [
    pytest.mark.soak,  # installs everything, twice
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not is_ready(), reason="wants root, PostgreSQL and Ceph"),
]
# What an operator fills in: the name or address, and what it is here.
FILLED_IN = {"10.0.0.1": "127.0.0.1", "CHANGE-ME": "rehearsed"}
PATIENCE_S = 900
API = "http://127.0.0.1:4200/api"
# Debian's package does it where there is a systemd.
START_POSTGRES = "pg_lsclusters -h | grep online || pg_ctlcluster $(ls /etc/postgresql) main start"
CHECKOUT = "/root/roomreel"
UNIT = "/etc/systemd/system/roomreel-serve.service"
ACCOUNT = "var/lib/roomreel/data/store/service/account.json"


def section(heading: str) -> str:
    text = (ROOT / "docs" / "operations.md").read_text()
    for name, value in FILLED_IN.items():
        text = text.replace(name, value)
    return text.split(f"## {heading}\n")[1].split("\n## ")[0]


def blocks(text: str, kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def client_of(server: ceph.Ceph) -> Any:
    return ceph.s3_client(
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        region_name=server.region,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ceph.Ceph]:
    """The buckets that configs/s3.toml names, and a room in one of them."""
    with ceph.running(tmp_path / "ceph") as server:
        rooms = tmp_path / "rooms"
        rooms.mkdir()
        calls = Calls(rooms)
        calls.pictures("camera.webm", seconds=5)
        calls.room("standup", "camera.webm", "video")
        client = client_of(server)
        for bucket in ("calls", "calls-composed"):
            client.create_bucket(Bucket=bucket)
        for file in calls.rooms.iterdir():
            client.put_object(Bucket="calls", Key=f"rooms/{file.name}", Body=file.read_bytes())
        yield server


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Rehearsal, Rehearsal]]:
    for port in PORTS.values():
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))  # or else: something serves there already
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(Rehearsal(name, tmp_path / name)) for name in ("one", "two")
        )
        for machine in (one, two):
            checkout(machine)
        yield one, two


def checkout(machine: Rehearsal) -> None:
    """Give it the files of this checkout, without what was made in it."""
    git = ["git", "-C", str(ROOT), "ls-files", "-z"]
    for name in filter(None, subprocess.check_output(git, text=True).split("\0")):
        copy = machine.root / CHECKOUT[1:] / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, copy, follow_symlinks=False)


def settle(machine: Rehearsal, store: ceph.Ceph, added: str) -> None:
    """Name the store in the settings, as their comments say, and add some lines."""
    config = machine.root / "etc" / "roomreel" / "roomreel.toml"
    before = config.read_text()
    named = re.sub(
        "^# s3_endpoint = .*", f's3_endpoint = "{store.endpoint}"', before, flags=re.MULTILINE
    )
    assert named != before
    config.write_text(named + added)


def test_every_command(machines: tuple[Rehearsal, Rehearsal], store: ceph.Ceph) -> None:
    one, two = machines
    empty = section("From an empty machine")
    install, database, variables, server, workers = blocks(empty, "sh")
    (shards,) = blocks(empty, "toml")
    keys = {"AWS_ACCESS_KEY_ID": store.access_key, "AWS_SECRET_ACCESS_KEY": store.secret_key}

    def prepared(machine: Rehearsal) -> None:
        is_one = machine is one
        machine.run(install if is_one else install.replace(" postgresql", ""), CHECKOUT)
        settle(machine, store, shards)
        if is_one:
            machine.run(START_POSTGRES)
            machine.run(database)
        lines = "".join(f"\n{name}={value}" for name, value in keys.items())
        machine.run(variables + f"cat >> /etc/roomreel/worker.env <<'END'{lines}\nEND")
        machine.run(
            "/opt/roomreel/bin/roomreel doctor --config /etc/roomreel/roomreel.toml", **keys
        )

    with ThreadPoolExecutor() as pool:
        list(pool.map(prepared, machines))
    one.run(server, CHECKOUT)
    wait_for(answers, PATIENCE_S)
    as_operator = {"PREFECT_API_URL": API, "PATH": f"/opt/roomreel/bin:{PATH}"}
    site = "/opt/roomreel/lib/python3*/site-packages/roomreel/flows/site"
    for commands in blocks(section("What `roomreel up` does, as plain commands"), "sh plain"):
        one.run(commands, site, **as_operator)
    enable, check = workers.splitlines()
    for machine in machines:
        machine.run(enable)
    wait_for(lambda: online() == {"one", "two"}, PATIENCE_S)
    for machine in machines:
        machine.run(check)
    one.run("prefect deployment run nightly/nightly", **as_operator)
    wait_for(lambda: all(run["state_type"] in FINAL for run in started()), PATIENCE_S)
    told = [(run["state_name"], run["state"]["message"]) for run in started()]
    assert [state for state, _ in told] == ["Completed"] * 2, told  # the night and its shard
    stored = client_of(store).list_objects_v2(Bucket="calls-composed")["Contents"]
    media = [each["Key"] for each in stored if each["Key"].endswith((".mp4", ".webm"))]
    assert media, stored
    assert any(each["Key"].endswith(".parquet") for each in stored)
    serve_from_both(one, two)
    compose_by_either(one)


def serve_from_both(one: Rehearsal, two: Rehearsal) -> None:
    database, serve = blocks(section("The REST API"), "sh")
    one.run(database)
    one.run(serve, CHECKOUT)
    wait_for(lambda: is_serving("one"), PATIENCE_S)
    account = (one.root / ACCOUNT).read_text()
    two.run(
        f"install -d -o roomreel -m 700 $(dirname /{ACCOUNT}) && umask 077"
        f" && printf %s '{account}' > /{ACCOUNT} && chown roomreel /{ACCOUNT}"
    )
    # Both machines have the network of this one.
    unit = serve.replace(
        "systemctl daemon-reload",
        f"sed -i 's/^ExecStart=.*/& --port {PORTS['two']}/' {UNIT}",
    )
    two.run(unit, CHECKOUT)
    wait_for(lambda: is_serving("two"), PATIENCE_S)


def is_serving(name: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"http://127.0.0.1:{PORTS[name]}/readyz").status_code == 200
    return False


def compose_by_either(one: Rehearsal) -> None:
    """Ask one machine for a composition, and fetch it from the other."""
    account = json.loads((one.root / ACCOUNT).read_text())
    who = (account["account_sid"], account["auth_token"])
    asked, other = (
        httpx.Client(base_url=f"http://127.0.0.1:{PORTS[name]}/v1", auth=who, timeout=60)
        for name in ("two", "one")
    )
    with asked, other:
        (room,) = asked.get("/Rooms?Status=completed").json()["rooms"]
        grid = json.dumps({"grid": {"video_sources": ["*"]}})
        wanted = {"RoomSid": room["sid"], "VideoLayout": grid, "Format": "mp4"}
        made = asked.post("/Compositions", data=wanted)
        assert made.status_code == 201, made.text
        path = f"/Compositions/{made.json()['sid']}"
        wait_for(lambda: other.get(path).json()["status"] == "completed", PATIENCE_S)
        media = other.get(f"{path}/Media")
        assert media.status_code == 302, media.text
        file = httpx.get(media.headers["Location"])
        assert file.content[4:8] == b"ftyp"


def answers() -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{API}/health").status_code == 200
    return False


def ask(path: str) -> Any:
    return httpx.post(f"{API}/{path}/filter", json={}, timeout=60).json()


def started() -> list[Any]:
    """The runs that no schedule has made."""
    return [run for run in ask("flow_runs") if not run["auto_scheduled"]]


def online() -> set[str]:
    return {
        each["name"] for each in ask("work_pools/roomreel/workers") if each["status"] == "ONLINE"
    }
