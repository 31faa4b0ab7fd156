"""A crash that is reported a second time, after the Retry: the Retry stands."""

from __future__ import annotations

import time
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import AwaitingRetry, Crashed, Pending, Running
from prefect_site import Site, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
# The automation's window, and some: a crash after it is the retry's own.
LATER_S = 5 + 2
# As long as an automation took at most, where the machine does other things too.
ACTS_WITHIN_S = 20.0


@flow
def nothing() -> None:
    """Never run: there is no worker."""


@pytest.fixture
def run(site: Site, request: pytest.FixtureRequest) -> UUID:
    """A run that crashed and was retried; a test may set the automation's window."""
    site.automate("overtaken", getattr(request, "param", None))
    deployment = site.deploy(nothing, "nowhere.nothing", {})
    run = site.run(deployment)
    _report(site, run, Pending(), Running(), Crashed(message="-9"), AwaitingRetry())
    return run


def _report(site: Site, run: UUID, *states: State) -> None:
    for state in states:
        site.client.set_flow_run_state(run, state, force=True)


def _found(site: Site, run: UUID) -> FlowRun:
    return site.client.read_flow_run(run)


@pytest.mark.parametrize("run", [120], indirect=True)
@pytest.mark.soak
def test_a_second_report_of_the_crash_does_not_take_back_the_retry(site: Site, run: UUID) -> None:
    _report(site, run, Crashed(message="-9 once more"))
    wait_for(lambda: _found(site, run).state_name == "AwaitingRetry")
    # Without a time, no worker would ever take it.
    assert _found(site, run).next_scheduled_start_time is not None


@pytest.mark.soak
def test_a_retry_that_crashes_by_itself_stays_crashed(site: Site, run: UUID) -> None:
    time.sleep(LATER_S)
    _report(site, run, Pending(), Running(), Crashed(message="again"))
    time.sleep(ACTS_WITHIN_S)
    assert _found(site, run).state_name == "Crashed"
