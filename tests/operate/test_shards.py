"""A night handed over in shards: real server, real workers, a stand-in for the render."""

from __future__ import annotations

from typing import Any

import pytest
from prefect.states import AwaitingRetry

# Three starts of processes that take half a minute each where others work, too.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def deployed(site: Any, calls: Any) -> dict[str, Any]:
    from roomreel.flows.compose_shard import compose_shard
    from roomreel.flows.nightly import nightly

    given = {"config": str(calls.config)}
    return {
        flow.name: site.deploy(flow, f"standin.{flow.fn.__name__}", given)
        for flow in (nightly, compose_shard)
    }


@pytest.mark.soak
def test_retry_makes_what_failed_and_nothing_else(
    site: Any, calls: Any, deployed: dict[str, Any]
) -> None:
    calls.template("sound", audio_sources=["*"])
    for number in range(49):
        calls.room(f"good-{number}")
    (calls.rooms / "broken.webm").write_bytes(b"no media at all")
    calls.room("broken", "broken.webm")
    site.worker()

    night = site.end_of(site.run(deployed["nightly"]))
    assert night.state.is_failed()
    (shard,) = [run for run in site.client.read_flow_runs() if run.id != night.id]
    assert shard.state_name == "Failed"
    assert "broken / sound: " in str(night.state.message)
    assert str(shard.id) in str(night.state.message)
    assert len(calls.mixed()) == 49

    calls.sound("broken.webm")
    site.client.set_flow_run_state(shard.id, AwaitingRetry())
    retried = site.end_of(shard.id)
    assert retried.state.is_completed()
    assert retried.run_count == 2
    assert calls.mixed()[49:] == ["broken sound"]
    rows = {row["room_name"]: row for row in calls.rows()}
    assert {row["status"] for row in rows.values()} == {"completed"}
    assert (len(rows), rows["broken"]["attempts"]) == (50, 2)

    site.client.set_flow_run_state(night.id, AwaitingRetry())
    again = site.end_of(night.id)
    assert again.state.is_completed()
    assert len(calls.mixed()) == 50
    assert len(site.client.read_flow_runs()) == 2
