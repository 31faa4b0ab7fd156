"""Every state in which a kill can leave a run is ended, and no run that waits keeps the last place.

A real server, real workers, and the automations of `roomreel up`, which wait less long here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.client.schemas.objects import State
from prefect.states import Cancelling, Pending, Running, Submitting
from prefect_site import POOL, Site, wait_for

from roomreel.flows.site.slots import stuck

pytestmark = pytest.mark.timeout(1800)
WITHIN_S = 30
SLEEPER = """
import pathlib, time
from prefect import flow

@flow(name="sleeper")
def sleeper(folder: str, seconds: float = 0.0) -> None:
    pathlib.Path(folder, "begun").touch()
    time.sleep(seconds)
"""


@pytest.fixture
def sleeper(site: Site, tmp_path: Path) -> UUID:
    """A deployment whose runs take as long as they are asked to; the pool has one place."""
    (tmp_path / "sleeping.py").write_text(SLEEPER)
    site.path = (*site.path, tmp_path)
    for word in ("never began", "nobody carries out", "without a sign of life"):
        site.automate(word, WITHIN_S)
    deployment = site.client.create_deployment(
        site.client.create_flow_from_name("sleeper"),
        "sleeper",
        entrypoint="sleeping.sleeper",
        parameters={"folder": str(tmp_path)},
        work_pool_name=POOL,
        tags=["roomreel"],
        pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": "."}}],
    )
    site.client.update_work_pool(POOL, WorkPoolUpdate(concurrency_limit=1))
    return deployment


def state_of(site: Site, run: UUID) -> State[Any]:
    state = site.client.read_flow_run(run).state
    assert state is not None
    return state


@pytest.mark.soak
def test_a_run_without_a_worker_ends_in_every_state(site: Site, sleeper: UUID) -> None:
    """As the server has it after a kill: no process of a run, and no worker, is there any more."""
    runs = {}
    for reached in ([Pending()], [Pending(), Submitting()], [Pending(), Running()], [Cancelling()]):
        run = site.run(sleeper)
        for state in (Pending(), *reached) if reached[0].name == "Cancelling" else reached:
            site.client.set_flow_run_state(run, state)
        runs[reached[-1].name] = run
    assert {state_of(site, run).name for run in runs.values()} == set(runs)
    later = datetime.now(UTC) + timedelta(hours=1)
    assert len(stuck(site.client, later)) == 3  # all but the one that is Running
    assert stuck(site.client) == []
    # One that waits in the queue has no place, and is begun whenever a worker comes.
    waiting = site.run(sleeper)
    ends = {name: site.end_of(run, WITHIN_S + 120).state for name, run in runs.items()}
    assert {name: end.name for name, end in ends.items()} == {
        "Pending": "Crashed",
        "Submitting": "Crashed",
        "Running": "Crashed",
        "Cancelling": "Cancelled",
    }
    assert all("is gone" in str(end.message) for end in ends.values())
    assert stuck(site.client, later) == []
    assert state_of(site, waiting).is_scheduled()
    site.worker()
    assert site.end_of(waiting).state.is_completed()


def kill(worker: subprocess.Popen[bytes]) -> None:
    """At one stroke, with all it has started, as a loss of power does."""
    family = []
    with suppress(psutil.Error):
        family = psutil.Process(worker.pid).children(recursive=True)
    for each in family:
        with suppress(psutil.Error):
            each.suspend()
    worker.kill()
    for each in family:
        with suppress(psutil.Error):
            each.kill()
    worker.wait()


def reach(site: Site, run: UUID, is_there: Callable[[State[Any]], bool]) -> bool:
    """Whether a run gets into a state; asked as often as the server answers."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        state = state_of(site, run)
        if is_there(state):
            return True
        if state.is_running() or state.is_final():
            return False
    return False


def taken_as(site: Site, sleeper: UUID, name: str, number: int) -> tuple[UUID, Any]:
    """A run that the first worker has in this state, and that worker."""
    for attempt in range(20):
        worker = site.worker(f"first-{name}-{number}-{attempt}")
        run = site.run(sleeper, seconds=600.0)
        if name == "Cancelling":
            wait_for(lambda run=run: state_of(site, run).is_running())
            os.kill(worker.pid, signal.SIGSTOP)  # it would carry it out at once
            site.client.set_flow_run_state(run, Cancelling())
            return run, worker
        if reach(site, run, lambda state: state.name == name):
            return run, worker
        kill(worker)  # it was faster: this run is ended, too
        site.end_of(run, WITHIN_S + 120)
    raise AssertionError(f"no run was seen {name}")


@pytest.mark.soak
@pytest.mark.parametrize("name", ["Pending", "Submitting", "Running", "Cancelling"])
def test_the_second_worker_goes_on_after_the_first_was_killed(
    site: Site, sleeper: UUID, name: str
) -> None:
    run, worker = taken_as(site, sleeper, name, 1)
    kill(worker)
    print(f"killed the worker of a run that was {state_of(site, run).name}", flush=True)
    site.worker("second")
    waiting = site.run(sleeper)
    ended = site.end_of(run, WITHIN_S + 300)
    print(f"it ended {ended.state.name}: {ended.state.message}", flush=True)
    assert ended.state.name in {"Crashed", "Cancelled"}
    # The pool has one place, which is free again.
    assert site.end_of(waiting, 300).state.is_completed()
