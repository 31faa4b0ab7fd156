"""A night whose work is done by shards: runs of another flow, here within the same process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.states import Completed, Running, Submitting

from roomreel.batch.report import State
from roomreel.errors import BatchFailed, OrchestratorFailed, RenderError
from roomreel.flows.compose_shard import compose_shard
from roomreel.flows.nightly import nightly
from roomreel.flows.orchestration import deployments

pytestmark = pytest.mark.slow

DEPLOYMENT = "compose-shard/compose-shard"


class Worker:
    """Runs what is asked of a deployment at once, once for each key."""

    def __init__(self) -> None:
        self.asked: dict[str, Mapping[str, Any]] = {}
        self.config: str | None = None
        self.runs: list[FlowRun] = []

    def run(
        self, name: str, parameters: Mapping[str, Any], idempotency_key: str, **_: Any
    ) -> FlowRun:
        assert (name, idempotency_key in self.asked) == (DEPLOYMENT, False)
        self.asked[idempotency_key] = parameters
        given = {**parameters, "config": self.config or parameters["config"]}
        state = compose_shard(**given, return_state=True)
        with get_client(sync_client=True) as client:
            self.runs.append(client.read_flow_run(state.state_details.flow_run_id))
        return self.runs[-1]


@pytest.fixture
def worker(world: Any, monkeypatch: pytest.MonkeyPatch) -> Worker:
    worker = Worker()
    monkeypatch.setattr("roomreel.flows.orchestration.deployments.run_deployment", worker.run)
    for module in ("shards", "related_runs"):
        monkeypatch.setattr(
            f"roomreel.flows.orchestration.{module}.started_by", lambda _parents: worker.runs
        )
    world.configure(shards=DEPLOYMENT, shard_s=1)
    world.template("grid")
    return worker


def test_shards_make_what_is_due_and_the_night_tells_of_it(world: Any, worker: Worker) -> None:
    world.room("early")
    world.night()
    for number in range(3):
        world.room(f"room-{number}")
    worker.asked.clear()
    report = world.night()
    assert sorted(line.room for line in report.of(State.COMPLETED)) == [
        "room-0",
        "room-1",
        "room-2",
    ]
    assert all(line.media for line in report.lines)
    assert (report.headline, report.shards) == ("3 completed, 1 up to date", ())
    manifests = [url for parameters in worker.asked.values() for url in parameters["manifests"]]
    assert len(worker.asked) == len(manifests) == len(set(manifests)) == 3
    assert len(world.rows()) == len(world.rows("rooms")) == 4


def test_nothing_due_starts_no_shard(world: Any, worker: Worker) -> None:
    world.room("good")
    world.night()
    worker.asked.clear()
    assert world.night().headline == "nothing to do: 1 up to date"
    assert worker.asked == {}


def test_a_failure_names_the_page_of_its_shard(world: Any, worker: Worker) -> None:
    for name in ("good", "broken"):
        world.room(name)
    world.fails["broken"] = RenderError("this time")
    report = world.failed_night()
    assert {line.room: str(line.state) for line in report.lines} == {
        "good": "completed",
        "broken": "failed",
    }
    (told,) = report.shards
    assert "ended Failed, see http" in told
    assert told in report.failure_table


def test_a_shard_that_gets_nowhere_leaves_its_compositions_failed(
    world: Any, worker: Worker
) -> None:
    room = world.room("good")
    worker.config = str(world.root / "nowhere.toml")
    report = world.failed_night()
    (line,) = report.failures
    assert (line.room, line.code) == ("good", "cancelled")
    assert world.rendered == world.rows() == []
    worker.config = None
    assert world.retried(nightly).state.is_completed()
    assert [row["room_sid"] for row in world.rows()] == [room]


def test_a_night_that_is_tried_again_hands_over_only_what_failed(
    world: Any, worker: Worker
) -> None:
    world.configure(shards=DEPLOYMENT, shard_s=1, source_limit_bytes=5000)
    world.room("good")
    world.room("huge", size=5001)
    world.failed_night()
    asked = len(worker.asked)
    world.configure(shards=DEPLOYMENT, source_limit_bytes=6000)
    assert world.retried(nightly).state.is_completed()
    assert len(worker.asked) == asked + 1
    assert sorted(world.rendered) == [("good", "grid"), ("huge", "grid")]
    assert {row["room_name"]: row["attempts"] for row in world.rows()} == {"good": 1, "huge": 2}


def test_nobody_to_hand_over_to(world: Any) -> None:
    world.configure(shards=DEPLOYMENT)
    world.template("grid")
    world.room("good")
    with pytest.raises(OrchestratorFailed, match="compose-shard"):
        world.night()


def test_a_shard_reads_no_file_that_is_no_manifest_of_the_settings(
    world: Any, prefect: None
) -> None:
    world.template("grid")
    world.room("good")
    secret = world.root / "secret.json"
    secret.write_text('{"password": "hunter2"}')
    with pytest.raises(BatchFailed) as caught:
        compose_shard([str(secret)], config=str(world.config))
    (line,) = caught.value.report.lines
    assert (line.code, line.room) == ("not-found", str(secret))
    assert "hunter2" not in str(caught.value)


@pytest.fixture
def nobody(world: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[FlowRun]]:
    """A deployment that no worker serves; the runs that were asked of it."""
    asked: list[FlowRun] = []
    with get_client(sync_client=True) as client:
        flow_id = client.create_flow_from_name(compose_shard.name)
        deployment = client.create_deployment(flow_id, f"for-nobody-{world.root.name}")

        def ask(_name: str, parameters: Mapping[str, Any], **_: Any) -> FlowRun:
            run = client.create_flow_run_from_deployment(deployment, parameters=dict(parameters))
            asked.append(run)
            return run

        monkeypatch.setattr("roomreel.flows.orchestration.deployments.run_deployment", ask)
        monkeypatch.setattr(deployments, "BEGINS_WITHIN_S", 1.0)
        monkeypatch.setattr(deployments, "POLL_S", 0.2)
        world.configure(shards=DEPLOYMENT, shard_s=1)
        world.template("grid")
        yield asked


def test_what_no_worker_begins_the_night_composes(world: Any, nobody: list[FlowRun]) -> None:
    """It may hold the only place that there is."""
    for number in range(3):
        world.room(f"room-{number}")
    report = world.night()
    assert {line.state for line in report.lines} == {State.COMPLETED}
    assert len(report.lines) == len(world.rows()) == len(nobody) == 3
    assert all("ended Cancelled" in told for told in report.shards)
    with get_client(sync_client=True) as client:
        states = [client.read_flow_run(run.id).state for run in nobody]
    assert {state.name for state in states if state} == {"Cancelled"}


def test_a_run_that_a_dead_worker_took_is_composed_and_keeps_no_place(
    world: Any, nobody: list[FlowRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.room("room")
    look = deployments.read_runs

    def taken(ids: Any) -> list[FlowRun]:
        with get_client(sync_client=True) as client:
            for run in look(ids):
                if run.state and run.state.is_scheduled():
                    client.set_flow_run_state(run.id, Submitting())
        return look(ids)

    monkeypatch.setattr(deployments, "read_runs", taken)
    assert [line.state for line in world.night().lines] == [State.COMPLETED]
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(nobody[0].id).state
    assert state is not None
    assert (state.name, state.message) == ("Cancelled", "No worker began with it.")


def test_what_is_at_work_is_waited_for(
    world: Any, nobody: list[FlowRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the others wait for that, however long it takes."""
    looks: list[int] = []
    look = deployments.read_runs

    def at_work(ids: Any) -> list[FlowRun]:
        looks.append(len(ids))
        with get_client(sync_client=True) as client:
            if len(looks) == 1:
                client.set_flow_run_state(nobody[0].id, Running())
            elif len(looks) == 12:
                client.set_flow_run_state(nobody[0].id, Completed())
        return look(ids)

    for number in range(2):
        world.room(f"room-{number}")
    monkeypatch.setattr(deployments, "read_runs", at_work)
    monkeypatch.setattr(deployments, "BEGINS_WITHIN_S", 0.5)
    report = world.failed_night()
    # The first shard said that it is done, and had done nothing; the second was taken back.
    assert looks[:12] == [2] * 12
    assert sorted(line.state for line in report.lines) == [State.COMPLETED, State.FAILED]
