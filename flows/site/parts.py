"""Parts of a Prefect server for nightly runs: a table that `roomreel up` walks.

A part that is there is left as it is, however the operator has changed it since.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from string import Template
from typing import Any

import httpx
import yaml
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentUpdate, WorkPoolCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound
from prefect.settings import get_current_settings
from prefect.types import SecretDict
from pydantic import SecretStr

from roomreel.errors import OrchestratorFailed
from roomreel.flows.site.processes import POOL, REQUESTS_POOL
from roomreel.tasks.render import ENCODES

PREFECT_FILE = files(__package__) / "prefect.yaml"
AUTOMATIONS_FILE = files(__package__) / "automations.yaml"
WEBHOOK = "roomreel-failures"
# Nightly, backfill and retention, of which one run each is at work, leave room for the shards.
RUNS_BESIDE = 3
# A heartbeat may come that much later than its time.
_LATE_S = 5
# -P: what lies where the command runs is not imported.
_PREFECT = (sys.executable, "-P", "-m", "prefect")


@dataclass(frozen=True, slots=True)
class Site:
    """A server, and the wishes for its parts.

    Attributes:
        encodes: how many encodes may run at a time, on all machines together; None: as many as
            this machine has cores.
        webhook: where failures are posted to, a URL that may hold a secret; None: nowhere.
    """

    client: SyncPrefectClient
    encodes: int | None
    webhook: str | None = None

    @property
    def encodes_limit(self) -> int:
        """The number of encodes that may run at a time."""
        return self.encodes or os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing a server has to hold.

    Attributes:
        kind: what it is, as the operator reads it.
        wanted: the names there should be.
        found: those of them that are there.
        make: makes those that are named.
    """

    kind: str
    wanted: Callable[[Site], list[str]]
    found: Callable[[Site], Collection[str]]
    make: Callable[[Site, Collection[str]], None]

    def missing(self, site: Site) -> list[str]:
        """Return the names of what is not there."""
        found = self.found(site)
        return [name for name in self.wanted(site) if name not in found]


def connected(encodes: int | None, webhook: str | None) -> Site:
    """Return the server that Prefect's environment names."""
    return Site(get_client(sync_client=True), encodes, webhook)


def online(site: Site, pool: str = POOL) -> dict[str, datetime | None]:
    """Return the workers that serve a pool, by name, and when each had its last heartbeat.

    One that was killed is among them for a minute or two.
    """
    workers = site.client.read_workers_for_work_pool(pool)
    return {
        worker.name: worker.last_heartbeat_time for worker in workers if worker.status == "ONLINE"
    }


def is_alive(site: Site, name: str, pool: str, before: datetime | None) -> bool:
    """Wait for a heartbeat of a worker; return whether there was one.

    Args:
        before: its last one, as it was seen some time ago.
    """
    deadline = time.monotonic() + get_current_settings().worker.heartbeat_seconds + _LATE_S
    while online(site, pool).get(name, before) == before:
        if time.monotonic() > deadline:
            return False
        time.sleep(1)
    return True


def forget_worker(site: Site, name: str, pool: str) -> None:
    """Have the server know that a worker has ended, which it else finds out within two minutes.

    A server that does not answer finds it out.
    """
    with suppress(httpx.HTTPError):
        path = {"work_pool_name": pool, "name": name}
        site.client.request(
            "DELETE", "/work_pools/{work_pool_name}/workers/{name}", path_params=path
        )


def server_settings(site: Site) -> dict[str, Any]:
    """Return the settings that the server runs with, secrets hidden."""
    settings: dict[str, Any] = site.client.request("GET", "/admin/settings").json()["server"]
    return settings


def complete(site: Site) -> Iterator[tuple[str, list[str]]]:
    """Make what is missing.

    Yields:
        Each kind, and the names of what was made.

    Raises:
        OrchestratorFailed: Prefect does not take a deployment.
    """
    for part in PARTS:
        names = part.missing(site)
        if names:
            part.make(site, names)
        yield part.kind, names


def differences(site: Site) -> Iterator[str]:
    """Yield a sentence for each part that is there otherwise than it is asked for, and stays so."""
    if site.encodes is not None:
        there = site.client.read_concurrency_limit_by_tag(ENCODES).concurrency_limit
        if there != site.encodes:
            yield f"the concurrency limit {ENCODES} stays {there}: change it in the UI"
    if site.webhook is not None:
        block = site.client.read_block_document_by_name(WEBHOOK, "webhook", include_secrets=True)
        if block.data.get("url") != site.webhook:
            yield f"failures are posted elsewhere: change the block {WEBHOOK} in the UI"


def _pools(site: Site) -> Collection[str]:
    return {pool.name for pool in site.client.read_work_pools()}


def _make_pools(site: Site, names: Collection[str]) -> None:
    # How many runs of requests are at work is for who starts them.
    limits = {POOL: site.encodes_limit + RUNS_BESIDE, REQUESTS_POOL: None}
    for name in names:
        pool = WorkPoolCreate(name=name, type="process", concurrency_limit=limits[name])
        site.client.create_work_pool(pool)


def _limits(site: Site) -> Collection[str]:
    try:
        return {site.client.read_concurrency_limit_by_tag(ENCODES).tag}
    except ObjectNotFound:
        return ()


def _make_limit(site: Site, _names: Collection[str]) -> None:
    site.client.create_concurrency_limit(ENCODES, site.encodes_limit)


def _entrypoints() -> dict[str, str]:
    """Return the flow that each deployment runs, by name."""
    deployments = yaml.safe_load(PREFECT_FILE.read_text(encoding="utf-8"))["deployments"]
    # A deployment has the name of its flow.
    return {f"{each['name']}/{each['name']}": each["entrypoint"] for each in deployments}


def _deployments(site: Site) -> Collection[str]:
    """Return the deployments that run the flows of this version."""
    wanted = _entrypoints()
    found = {name: _deployment(site, name) for name in wanted}
    return {name for name, each in found.items() if each and each.entrypoint == wanted[name]}


def _deployment(site: Site, name: str) -> DeploymentResponse | None:
    try:
        return site.client.read_deployment_by_name(name)
    except ObjectNotFound:
        return None


def _make_deployments(site: Site, names: Collection[str]) -> None:
    new = [name for name in names if not _renew(site, name)]
    if new:
        _deploy(new)


def _renew(site: Site, name: str) -> bool:
    """Have a deployment of another version run the flow of this one; its schedule stays.

    Returns:
        Whether there is such a deployment.
    """
    deployment = _deployment(site, name)
    if deployment is not None:
        changed = DeploymentUpdate(entrypoint=_entrypoints()[name])
        site.client.update_deployment(deployment.id, changed)
    return deployment is not None


def _deploy(names: Collection[str]) -> None:
    chosen = [word for name in names for word in ("--name", name.split("/")[0])]
    ran = subprocess.run(
        [*_PREFECT, "--no-prompt", "deploy", *chosen, "--prefect-file", str(PREFECT_FILE)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        said = (ran.stdout + ran.stderr).strip()
        raise OrchestratorFailed(f"prefect deploy failed: {said}", "see docs/operations.md")


def _wanted_automations(site: Site) -> dict[str, dict[str, Any]]:
    document = yaml.safe_load(AUTOMATIONS_FILE.read_text(encoding="utf-8"))
    return {
        each["name"]: each for each in document["automations"] if site.webhook or not _posts(each)
    }


def _posts(automation: dict[str, Any]) -> bool:
    return any(action["type"] == "call-webhook" for action in automation["actions"])


def _automations(site: Site) -> Collection[str]:
    answer = site.client.request("POST", "/automations/filter", json={})
    return {automation["name"] for automation in answer.json()}


def _make_automations(site: Site, names: Collection[str]) -> None:
    wanted = _wanted_automations(site)
    for name in names:
        automation = wanted[name]
        if _posts(automation):
            block = _webhook(site.webhook or "").save(WEBHOOK, overwrite=True)
            for action in automation["actions"]:
                document_id = Template(action["block_document_id"])
                action["block_document_id"] = document_id.substitute(webhook=block)
        site.client.create_automation(AutomationCore.model_validate(automation))


def _webhook(url: str) -> Webhook:
    # Prefect sends the text of the payload without saying what it is.
    headers = SecretDict({"Content-Type": "application/json"})
    return Webhook(url=SecretStr(url), headers=headers)


PARTS = (
    Part("work pool", lambda _: [POOL, REQUESTS_POOL], _pools, _make_pools),
    Part("concurrency limit", lambda _: [ENCODES], _limits, _make_limit),
    Part("deployment", lambda _: [*_entrypoints()], _deployments, _make_deployments),
    Part("automation", lambda site: [*_wanted_automations(site)], _automations, _make_automations),
)
