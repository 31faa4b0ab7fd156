"""Waiting for runs of the work pool, from a run that holds a place in it.

It may hold the very place that they need: the last one of the pool, or of the only worker there is.
So it does not wait for ever for what no worker begins, but does that itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.logging import get_run_logger

from roomreel.flows.orchestration.related_runs import looked_up

POLL_S = 2.0
# As long as one of them is at work, the others wait for that; a worker that is started again, or a
# machine with much to do, takes less.
BEGINS_WITHIN_S = 600.0
_BEGUN = frozenset({StateType.RUNNING, StateType.CANCELLING, StateType.PAUSED})


def ends_of(
    ids: Iterable[UUID], instead: Callable[[FlowRun], object] = lambda _run: None
) -> dict[UUID, FlowRun]:
    """Wait until runs have ended; cancel those that no worker begins while none is at work.

    A server that is away is waited for, too: the runs go on without it.

    Args:
        instead: done in the place of a run that was cancelled so.
    """
    ended: dict[UUID, FlowRun] = {}
    wanted, taken_back = set(ids), set[UUID]()
    begins_by = time.monotonic() + BEGINS_WITHIN_S
    while left := wanted - ended.keys():
        try:
            runs = looked_up(left)
        except httpx.HTTPError as error:
            get_run_logger().warning("The server does not answer about the shards: %s", error)
            time.sleep(POLL_S)
            continue
        finished = {run.id: run for run in runs if run.state and run.state.is_final()}
        ended |= finished
        if finished.keys() - taken_back or any(map(_has_begun, runs)):
            begins_by = time.monotonic() + BEGINS_WITHIN_S
        elif time.monotonic() > begins_by and (waiting := [r for r in runs if r.id not in ended]):
            taken_back.add(_take_back(waiting, instead))
        if wanted - ended.keys():
            time.sleep(POLL_S)
    return ended


def _has_begun(run: FlowRun) -> bool:
    return run.state is not None and run.state.type in _BEGUN


def _take_back(runs: Sequence[FlowRun], instead: Callable[[FlowRun], object]) -> UUID:
    """Cancel the first of some runs that wait for a worker, and do it here; returns which."""
    first = min(runs, key=lambda run: (run.expected_start_time is None, run.expected_start_time))
    get_run_logger().warning("No worker began with %s: it is done by this run.", first.name)
    # What a worker has taken, and has not begun, nobody else would cancel.
    is_taken = first.state is not None and first.state.is_pending()
    end = StateType.CANCELLED if is_taken else StateType.CANCELLING
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(first.id, State(type=end, message="No worker began with it."))
    instead(first)
    return first.id
