"""`roomreel up` on PostgreSQL: what it brings, that it brings it once, and that it ends clean."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolUpdate

sys.path.insert(0, str(Path(__file__).parents[1] / "servers"))
from machine import Machine
from postgres import is_installed, postgres
from prefect_site import wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not is_installed() and not os.environ.get("CI"), reason="no PostgreSQL"),
]
DEPLOYMENTS = {
    *("nightly", "retention", "compose-shard", "draw-chunks", "compose-room", "compose-requests"),
    "backfill",
}


class Chat(BaseHTTPRequestHandler):
    """What takes the posts of a webhook, as a chat server does: path, type and text of each."""

    posts: list[tuple[str, str | None, bytes]]

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"]))
        self.posts.append((self.path, self.headers["Content-Type"], text))
        self.send_response(204)
        self.end_headers()


@pytest.fixture(scope="module")
def chat() -> Iterator[tuple[str, list[Any]]]:
    """The URL of a webhook on loopback, and what was posted to it."""
    posts: list[Any] = []
    taker = type("Taker", (Chat,), {"posts": posts})
    with ThreadingHTTPServer(("127.0.0.1", 0), taker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook/secret", posts
        server.shutdown()


@pytest.fixture(scope="module")
def machine(
    tmp_path_factory: pytest.TempPathFactory, chat: tuple[str, list[Any]]
) -> Iterator[Machine]:
    """A machine on which `roomreel up` runs, with a webhook, until the last test ends it."""
    with postgres() as database:
        machine = Machine(tmp_path_factory.mktemp("machine"), database)
        process = machine.start("--webhook", chat[0])
        try:
            machine.is_up(process)
            yield machine
            family = psutil.Process(process.pid).children(recursive=True)
            assert len(family) >= 2  # the server and the worker
            process.send_signal(signal.SIGTERM)
            assert process.wait(300) == 0
            assert [each for each in family if each.is_running()] == []
        finally:
            machine.kill(process)


def test_everything_is_brought(machine: Machine) -> None:
    deployments = {each["name"]: each for each in machine.ask("deployments")}
    assert deployments.keys() == DEPLOYMENTS
    (cron,) = deployments["nightly"]["schedules"]
    assert (cron["schedule"]["cron"], cron["schedule"]["timezone"]) == ("0 2 * * *", "Etc/UTC")
    nightly = deployments["nightly"]
    assert nightly["global_concurrency_limit"]["limit"] == 1
    assert nightly["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    pools = {pool["name"]: pool for pool in machine.ask("work_pools")}
    limits = {name: (pool["type"], pool["concurrency_limit"]) for name, pool in pools.items()}
    assert limits == {"roomreel": ("process", 5), "roomreel-requests": ("process", None)}
    limit = httpx.get(f"{machine.api}/concurrency_limits/tag/encode").json()
    assert limit["concurrency_limit"] == 2
    assert nightly["job_variables"]["env"] == {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
    automations = {each["name"]: each["actions"][0] for each in machine.ask("automations")}
    assert {name: each.get("state", each["type"]) for name, each in automations.items()} == {
        "roomreel run without a sign of life": "CRASHED",
        "roomreel run that never began": "CRASHED",
        "roomreel cancellation that nobody carries out": "CANCELLED",
        "roomreel retry overtaken by a report": "SCHEDULED",
        "roomreel run failed": "call-webhook",
    }


def test_check_finds_nothing_missing(machine: Machine) -> None:
    ran = machine.run("--check", "--json")
    checks = {each["name"]: each for each in json.loads(ran.stdout)["checks"]}
    assert {each["state"] for each in checks.values()} == {"ok"}, checks
    assert checks["database"]["detail"] == "PostgreSQL"
    assert ran.returncode == 0


def test_a_second_up_changes_nothing(machine: Machine) -> None:
    def everything() -> Any:
        return [machine.ask(path) for path in ("deployments", "automations", "block_documents")]

    before = everything()
    ran = machine.run("--webhook", "http://127.0.0.1:9/another", "--encodes", "7")
    assert ran.returncode == 0, ran.stderr
    assert "the concurrency limit encode stays 2" in ran.stderr
    assert "failures are posted elsewhere" in ran.stderr
    assert "another" not in ran.stdout + ran.stderr
    parts = ["work pool", "concurrency limit", "deployment", "automation"]
    exist = [f"{each}: exists" for each in parts]
    workers = ["worker: running", "worker of requests: running"]
    assert ran.stdout.splitlines()[:-1] == ["server: running", *exist, *workers]
    drop = ("last_polled", "status", "updated")
    after = everything()
    for was, now in zip(before, after, strict=True):
        shown = [{k: v for k, v in each.items() if k not in drop} for each in was]
        assert [{k: v for k, v in each.items() if k not in drop} for each in now] == shown


def test_a_failure_is_posted(machine: Machine, chat: tuple[str, list[Any]]) -> None:
    client = SyncPrefectClient(machine.api)
    night = client.read_deployment_by_name("nightly/nightly").id
    given = {"config": str(machine.folder / "nowhere.toml")}
    run = client.create_flow_run_from_deployment(night, parameters=given)
    path, kind, text = wait_for(lambda: chat[1] and chat[1][0])
    assert (path, kind) == ("/hook/secret", "application/json")
    told = json.loads(text)
    message = told.pop("message")
    assert "settings-invalid" in message
    assert "nowhere.toml" in message
    pages = machine.api.removesuffix("/api")
    assert told == {
        "flow": "nightly",
        # By what and when, as it called itself.
        "run": client.read_flow_run(run.id).name,
        "state": "Failed",
        "url": f"{pages}/runs/flow-run/{run.id}",
    }
    assert len(chat[1]) == 1


@pytest.mark.soak
def test_check_names_what_is_missing(machine: Machine) -> None:
    (nightly,) = (each for each in machine.ask("deployments") if each["name"] == "nightly")
    httpx.delete(f"{machine.api}/deployments/{nightly['id']}").raise_for_status()
    ran = machine.run("--check")
    assert ran.returncode == 1
    assert "deployment: no nightly/nightly" in ran.stdout
    assert machine.run().stdout.count("created") == 1
    assert machine.run("--check").returncode == 0


@pytest.mark.soak
def test_check_names_a_pool_that_leaves_no_place_for_shards(machine: Machine) -> None:
    client = SyncPrefectClient(machine.api)
    client.update_work_pool("roomreel", WorkPoolUpdate(concurrency_limit=3))
    ran = machine.run("--check")
    assert ran.returncode == 1
    assert "work pool slots: 3 slots leave none for shards" in ran.stdout
    client.update_work_pool("roomreel", WorkPoolUpdate(concurrency_limit=5))
    assert machine.run("--check").returncode == 0


@pytest.mark.soak
def test_a_deployment_of_another_version_is_renewed_and_its_schedule_stays(
    machine: Machine,
) -> None:
    client = SyncPrefectClient(machine.api)
    nightly = client.read_deployment_by_name("nightly/nightly")
    client.update_deployment(nightly.id, DeploymentUpdate(entrypoint="flows.nightly.nightly"))
    (cron,) = nightly.schedules
    client.update_deployment_schedule(nightly.id, cron.id, active=False)
    assert "deployment: no nightly/nightly" in machine.run("--check").stdout
    assert "deployment: created nightly/nightly\n" in machine.run().stdout
    renewed = client.read_deployment_by_name("nightly/nightly")
    assert renewed.entrypoint == nightly.entrypoint
    assert [(each.id, each.active) for each in renewed.schedules] == [(cron.id, False)]
    assert renewed.pull_steps == nightly.pull_steps
    client.update_deployment_schedule(nightly.id, cron.id, active=True)


def test_nothing_answers(tmp_path: Path) -> None:
    ran = Machine(tmp_path, "postgresql+asyncpg://u:secret@127.0.0.1:9/x").run("--check")
    assert ran.returncode == 1
    assert "nothing answers" in ran.stdout
    assert "secret" not in ran.stdout + ran.stderr


def test_a_url_without_a_driver(tmp_path: Path) -> None:
    ran = Machine(tmp_path, "postgresql://u:secret@127.0.0.1/x").run()
    assert ran.returncode == 2
    assert "does not begin with postgresql+asyncpg" in ran.stderr
    assert "secret" not in ran.stdout + ran.stderr
