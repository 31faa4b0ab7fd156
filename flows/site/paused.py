"""Parts that are switched off, so that nothing runs: pools, schedules, automations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import yaml
from prefect.client.orchestration import SyncPrefectClient

from roomreel.flows.site.parts import PREFECT_FILE, Site
from roomreel.flows.site.processes import POOL


class Paused(NamedTuple):
    """One thing that is switched off, and what switches it on."""

    kind: str
    words: str
    remedy: str


def paused(site: Site) -> Iterator[Paused]:
    """Yield what a person has switched off."""
    yield from _pool(site.client)
    yield from _schedules(site.client)
    yield from _automations(site.client)


def _pool(client: SyncPrefectClient) -> Iterator[Paused]:
    if client.read_work_pool(POOL).is_paused:
        yield Paused("work pool", f"{POOL} is paused", f"prefect work-pool resume {POOL}")
    for queue in client.read_work_queues(work_pool_name=POOL):
        if queue.is_paused:
            remedy = f"prefect work-queue resume {queue.name} --pool {POOL}"
            yield Paused("work queue", f"{queue.name} is paused", remedy)


def _schedules(client: SyncPrefectClient) -> Iterator[Paused]:
    document = yaml.safe_load(PREFECT_FILE.read_text(encoding="utf-8"))
    for each in document["deployments"]:
        if "schedules" not in each:
            continue
        name = f"{each['name']}/{each['name']}"
        deployment = client.read_deployment_by_name(name)
        schedules = deployment.schedules
        if deployment.paused:  # which leaves its schedules as they are
            remedy = f"prefect api POST /deployments/{deployment.id}/resume_deployment"
            yield Paused("deployment", f"{name} is paused", remedy)
        if not schedules:
            remedy = "add one on its page, or delete it and run roomreel up"
            yield Paused("schedule", f"{name} has none", remedy)
        elif not any(schedule.active for schedule in schedules):
            remedy = f"prefect deployment schedule resume {name} {schedules[0].id}"
            yield Paused("schedule", f"{name} has no active one", remedy)


def _automations(client: SyncPrefectClient) -> Iterator[Paused]:
    for each in client.request("POST", "/automations/filter", json={}).json():
        if "roomreel" in each["name"] and not each["enabled"]:
            remedy = f"prefect automation resume '{each['name']}'"
            yield Paused("automation", f"{each['name']} is disabled", remedy)
