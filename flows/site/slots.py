"""The places of the work pool, and the runs that hold one without being at work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import StateType

from roomreel.flows.site.processes import POOL

# Twice the time after which an automation ends what does not begin.
STUCK_S = 600


def limit(client: SyncPrefectClient) -> int | None:
    """Return the number of runs that the pool takes at a time; None: any number."""
    return client.read_work_pool(POOL).concurrency_limit


def stuck(client: SyncPrefectClient, now: datetime | None = None) -> list[str]:
    """Return the runs, by name and state, that hold a place and should long be at work, or ended.

    Args:
        now: UTC; unset: the clock's.
    """
    waiting = FlowRunFilterStateType(any_=[StateType.PENDING, StateType.CANCELLING])
    runs = client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=waiting)),
        work_pool_filter=WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL])),
    )
    before = (now or datetime.now(UTC)) - timedelta(seconds=STUCK_S)
    return [
        f"{run.name} ({run.state.name})"
        for run in runs
        if run.state and run.state.timestamp < before
    ]
