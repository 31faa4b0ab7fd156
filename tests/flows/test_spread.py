"""A long room is shared out; whoever does not draw their share leaves it to the mix."""

from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed

from roomreel.batch.shares import Share

pytestmark = pytest.mark.slow


@pytest.fixture
def room(world: Any) -> str:
    world.has_video = True
    world.configure(spread="pool", spread_shares=3, spread_above_s=0)
    world.template("grid")
    name: str = world.room("standup")
    return name


def ended(monkeypatch: pytest.MonkeyPatch, state: Any) -> list[Share]:
    """A pool whose runs end in a state; returns what they were asked for."""
    asked: list[Any] = []
    runs: list[FlowRun] = []

    def run_deployment(name: str, *, parameters: Any, **_: Any) -> FlowRun:
        asked.append((name, parameters))
        runs.append(FlowRun(id=uuid4(), flow_id=uuid4(), state=state))
        return runs[-1]

    monkeypatch.setattr("roomreel.flows.orchestration.deployments.run_deployment", run_deployment)
    monkeypatch.setattr(
        "roomreel.flows.orchestration.spreading.wait_for_ends",
        lambda ids, *_, **__: {run.id: run for run in runs if run.id in ids},
    )
    return asked


def test_others_draw_all_but_the_first_share(
    world: Any, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ended(monkeypatch, Completed(message="drawn"))
    report = world.night()
    assert [str(line.state) for line in report.lines] == ["completed"]
    assert world.drawn == [["grid"]]
    frames = [chunk for _, share in asked for piece in share["pieces"] for chunk in piece["frames"]]
    mine = [(c.start, c.stop) for only in world.drawn_only for c in next(iter(only.values()))]
    assert sorted([*mine, *map(tuple, frames)]) == [(0, 10), (10, 20), (20, 30)]
    assert {name for name, _ in asked} == {"draw-chunks/draw-chunks"}
    assert {share["config"] for _, share in asked} == {str(world.config)}


def test_a_pool_without_the_deployment(
    world: Any, room: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_deployment(*_: Any, **__: Any) -> None:
        raise ObjectNotFound(LookupError())

    monkeypatch.setattr("roomreel.flows.orchestration.deployments.run_deployment", run_deployment)
    report = world.night()
    assert [str(line.state) for line in report.lines] == ["completed"]


def test_no_dask_scheduler(world: Any, room: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    world.configure(
        spread="dask", dask_address="tcp://127.0.0.1:9", spread_shares=2, spread_above_s=0
    )
    report = world.night()
    assert [str(line.state) for line in report.lines] == ["completed"]
