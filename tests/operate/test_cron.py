"""The night's schedule: the server makes its runs, and two never overlap."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateName,
)
from prefect.client.schemas.objects import FlowRun
from prefect_site import Site, wait_for

# Starts of processes that take half a minute each where others work, too.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SHIPPED = Path(__file__).parents[2] / "flows" / "site" / "prefect.yaml"
EVERY_S = 5


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all: each test deploys what it wants."""
    with Site(tmp_path_factory.mktemp("site"), path=(Path(__file__).parent,)) as site:
        yield site


@pytest.fixture
def calls(calls: Any) -> Any:
    """A night without shards, so that only the night itself runs."""
    lines = calls.config.read_text().splitlines()
    calls.config.write_text("\n".join(line for line in lines if not line.startswith("shards")))
    calls.template("sound", audio_sources=["*"])
    calls.room("standup")
    return calls


def deploy(site: Site, calls: Any, **changed: Any) -> None:
    """Deploy the nightly as it is shipped, but with a stand-in for the render."""
    document = yaml.safe_load(SHIPPED.read_text())
    (nightly,) = (each for each in document["deployments"] if each["name"] == "nightly")
    ours = {"entrypoint": "standin.nightly", "parameters": {"config": str(calls.config)}}
    document["deployments"] = [nightly | ours | changed]
    file = calls.folder / "prefect.yaml"
    file.write_text(json.dumps(document))
    words = ("--no-prompt", "deploy", "--all", "--prefect-file", str(file))
    assert site.start("deploy", *words).wait() == 0


def runs(site: Site, *states: str) -> list[FlowRun]:
    """The runs in one of these states, the earliest first."""
    named = FlowRunFilterState(name=FlowRunFilterStateName(any_=list(states)))
    found = site.client.read_flow_runs(flow_run_filter=FlowRunFilter(state=named))
    return sorted(found, key=lambda run: run.start_time or run.expected_start_time)


@pytest.mark.soak
def test_the_server_schedules_the_nights(site: Site, calls: Any) -> None:
    deploy(site, calls)
    nights = wait_for(lambda: runs(site, "Scheduled"))
    times = [night.expected_start_time.astimezone(UTC) for night in nights]
    assert {when.time() for when in times} == {time(2)}
    assert times[0] > datetime.now(UTC)
    assert {(b - a).days for a, b in pairwise(times)} == {1}
    assert all(night.auto_scheduled for night in nights)


@pytest.mark.soak
def test_two_nights_never_overlap(site: Site, calls: Any) -> None:
    hold = calls.folder / "hold"
    hold.touch()
    deploy(site, calls, schedules=[{"interval": EVERY_S}])
    site.worker()
    wait_for(calls.mixed)
    wait_for(lambda: len(runs(site, "Cancelled")) >= 2)
    (first,) = runs(site, "Running")
    assert runs(site, "Completed", "Failed", "Crashed") == []
    hold.unlink()

    nights = wait_for(lambda: len(found := runs(site, "Completed")) >= 3 and found)
    assert nights[0].id == first.id
    assert all(night.auto_scheduled for night in nights)
    assert all(a.end_time <= b.start_time for a, b in pairwise(nights))
    assert calls.mixed() == ["standup sound"]
    for cancelled in runs(site, "Cancelled"):
        assert cancelled.run_count == 0
        assert "concurrency limit" in cancelled.state.message
    assert runs(site, "Failed", "Crashed") == []
