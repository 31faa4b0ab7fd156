"""`roomreel up --check` names what is there and switched off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.schedules import CronSchedule

from roomreel.flows.site.parts import Site
from roomreel.flows.site.paused import paused
from roomreel.flows.site.processes import POOL

NAMES = ("nightly", "retention")
AUTOMATION = {
    "name": "roomreel run without a sign of life",
    # Of no event there is: what failed to act would be an event, too.
    "trigger": {
        "type": "event",
        "posture": "Reactive",
        "match": {"prefect.resource.id": "nothing"},
        "expect": ["nothing"],
        "threshold": 1,
        "within": 0,
    },
    "actions": [{"type": "cancel-flow-run"}],
}


@pytest.fixture
def client(prefect: None) -> Iterator[SyncPrefectClient]:
    """A server with the pool, the deployments that have schedules, and an automation."""
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        cron = DeploymentScheduleCreate(schedule=CronSchedule(cron="0 2 * * *"), active=True)
        for name in NAMES:
            flow = client.create_flow_from_name(name)
            client.create_deployment(flow, name, schedules=[cron], work_pool_name=POOL)
        client.request("POST", "/automations/", json=AUTOMATION)
        yield client
        for each in client.request("POST", "/automations/filter", json={}).json():
            client.request("DELETE", f"/automations/{each['id']}")
        for name in NAMES:
            client.delete_deployment(client.read_deployment_by_name(f"{name}/{name}").id)
        client.delete_work_pool(POOL)


def test_what_is_switched_off_is_named_with_what_switches_it_on(client: SyncPrefectClient) -> None:
    site = Site(client, None)
    nightly = client.read_deployment_by_name("nightly/nightly")
    (cron,) = nightly.schedules
    (queue,) = client.read_work_queues(work_pool_name=POOL)
    (automation,) = client.request("POST", "/automations/filter", json={}).json()

    def switch(*, on: bool) -> None:
        client.update_deployment_schedule(nightly.id, cron.id, active=on)
        client.update_work_pool(POOL, WorkPoolUpdate(is_paused=not on))
        client.update_work_queue(queue.id, is_paused=not on)
        path = f"/automations/{automation['id']}"
        client.request("PATCH", path, json={"enabled": on})

    assert list(paused(site)) == []
    switch(on=False)
    assert list(paused(site)) == [
        ("work pool", "roomreel is paused", "prefect work-pool resume roomreel"),
        ("work queue", "default is paused", "prefect work-queue resume default --pool roomreel"),
        (
            "schedule",
            "nightly/nightly has no active one",
            f"prefect deployment schedule resume nightly/nightly {cron.id}",
        ),
        (
            "automation",
            "roomreel run without a sign of life is disabled",
            "prefect automation resume 'roomreel run without a sign of life'",
        ),
    ]
    switch(on=True)
    client.pause_deployment(nightly.id)
    resume = f"prefect api POST /deployments/{nightly.id}/resume_deployment"
    assert list(paused(site)) == [("deployment", "nightly/nightly is paused", resume)]
    assert client.read_deployment(nightly.id).schedules[0].active
    client.resume_deployment(nightly.id)
    client.delete_deployment_schedule(nightly.id, cron.id)
    ((kind, words, _),) = paused(site)
    assert (kind, words) == ("schedule", "nightly/nightly has none")
