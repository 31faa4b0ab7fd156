"""The flow runs that belong together: a batch and its shards."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterParentFlowRunId,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.runtime import flow_run
from prefect.states import Cancelling

# The server's own limit of a page.
_PAGE = 200
_CANCELLED = frozenset({StateType.CANCELLING, StateType.CANCELLED})


def related_runs() -> frozenset[str]:
    """Return the ids of this flow run, of the one that started it, and of all that these started.

    What one of them recorded, a retry of this run is about. A run that was not retried finds
    nothing of theirs: no two shards of a batch have a room in common.
    """
    parents = {run_id for run_id in (flow_run.id, flow_run.parent_flow_run_id) if run_id}
    return frozenset(parents | {str(run.id) for run in started_by(parents)})


def started_by(parents: Collection[str]) -> list[FlowRun]:
    """Return the runs of deployments that these runs started."""
    if not parents:
        return []
    started = FlowRunFilterParentFlowRunId(any_=[UUID(parent) for parent in sorted(parents)])
    return _read(FlowRunFilter(parent_flow_run_id=started))


def read_runs(ids: Collection[UUID]) -> list[FlowRun]:
    """Return the runs of these ids as they are now."""
    return _read(FlowRunFilter(id=FlowRunFilterId(any_=sorted(ids)))) if ids else []


def cancel_with_us(ids: Collection[UUID]) -> None:
    """Cancel runs where this one is being cancelled; where it is only stopped, they go on.

    Prefect passes a cancellation on by itself, but more than a minute later.
    """
    with suppress(httpx.HTTPError), get_client(sync_client=True) as client:
        mine = client.read_flow_run(UUID(flow_run.id)).state
        if mine is None or mine.type not in _CANCELLED:
            return
        for run in read_runs(ids):
            if run.state is None or not run.state.is_final():
                client.set_flow_run_state(run.id, Cancelling())


def _read(wanted: FlowRunFilter) -> list[FlowRun]:
    found: list[FlowRun] = []
    with get_client(sync_client=True) as client:
        while True:
            page = client.read_flow_runs(flow_run_filter=wanted, limit=_PAGE, offset=len(found))
            found += page
            if len(page) < _PAGE:
                return found
