"""Cancelling in the UI: what is rendered ends, and nothing of it is left."""

from __future__ import annotations

import time
from typing import Any

import psutil
import pytest
from prefect.states import Cancelling
from prefect_site import wait_for

from roomreel.flows.compose_shard import compose_shard
from roomreel.flows.nightly import nightly

# Three starts of processes that take half a minute each where others work, too.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def under_way(site: Any, calls: Any) -> Any:
    """A night whose only shard has begun to draw the first of its rooms."""
    layout = {"grid": {"video_sources": ["*"]}}
    calls.template("grid", video_layout=layout, resolution="1280x720", format="mp4")
    calls.pictures("camera.webm", seconds=60)
    for name in ("first", "second"):
        calls.room(name, "camera.webm", "video")
    given = {"config": str(calls.config)}
    site.deploy(compose_shard, "roomreel.flows.compose_shard.compose_shard", given)
    night = site.run(site.deploy(nightly, "roomreel.flows.nightly.nightly", given))
    site.worker()
    scratch = calls.folder / "store" / "scratch"
    wait_for(lambda: list(scratch.glob("roomreel-attempt-*/**/part.mp4")))
    # However long it takes until the cancellation is carried out, they are at it.
    for render in renders(site):
        render.suspend()
    return night


def renders(site: Any) -> list[psutil.Process]:
    return [
        child
        for process in site.processes
        for child in psutil.Process(process.pid).children(recursive=True)
        if "roomreel.process.child" in " ".join(child.cmdline())
    ]


def say_how_soon_ended(was: list[psutil.Process]) -> None:
    """Wait for renders to end, and print after how long: `pytest -s` shows it."""
    begun = time.monotonic()
    wait_for(lambda: not any(process.is_running() for process in was))
    print(f"{len(was)} renders ended {time.monotonic() - begun:.1f} s after the cancellation")


def shard_of(site: Any, night: Any) -> Any:
    (shard,) = [run for run in site.client.read_flow_runs() if run.id != night]
    return shard


def is_left_clean(site: Any, calls: Any, was: list[psutil.Process]) -> None:
    assert [process for process in was if process.is_running()] == []
    assert renders(site) == []
    assert list((calls.folder / "store" / "scratch").glob("roomreel-attempt-*")) == []
    rows = {row["room_name"]: (row["status"], row["failure_code"]) for row in calls.rows()}
    assert rows == dict.fromkeys(("first", "second"), ("cancelled", "cancelled"))
    assert list((calls.folder / "store").rglob("*.mp4")) == []


@pytest.mark.soak
def test_a_shard_that_is_cancelled(site: Any, calls: Any, under_way: Any) -> None:
    shard, was = shard_of(site, under_way), renders(site)
    assert was
    site.client.set_flow_run_state(shard.id, Cancelling())
    say_how_soon_ended(was)
    assert site.end_of(shard.id).state.is_cancelled()
    is_left_clean(site, calls, was)
    night = site.end_of(under_way)
    assert night.state.is_failed()
    assert str(shard.id) in night.state.message


@pytest.mark.soak
def test_a_night_that_is_cancelled_cancels_its_shards(
    site: Any, calls: Any, under_way: Any
) -> None:
    shard, was = shard_of(site, under_way), renders(site)
    assert was
    site.client.set_flow_run_state(under_way, Cancelling())
    say_how_soon_ended(was)
    assert site.end_of(under_way).state.is_cancelled()
    assert site.end_of(shard.id).state.is_cancelled()
    is_left_clean(site, calls, was)
