"""Start runs of deployments, and wait for their ends from a run that holds a place in the pool.

It may hold the very place that they need: the last one of the pool, or of the only worker there is.
So it does not wait for ever for what no worker begins, but ends that and does it itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound

from roomreel.errors import OrchestratorFailed
from roomreel.flows.orchestration.related_runs import read_runs
from roomreel.logs import LOG

POLL_S = 2.0
# As long as one of them is at work, the others wait for that; a worker that is started again, or a
# machine with much to do, takes less.
BEGINS_WITHIN_S = 600.0
_BEGUN = frozenset({StateType.RUNNING, StateType.CANCELLING, StateType.PAUSED})


def start_run(
    deployment: str, parameters: Mapping[str, Any], key: str, *, setting: str, name: str | None
) -> FlowRun:
    """Start a run of a deployment; when it begins is for the work pool to say.

    Args:
        key: asked twice with one (the answer was lost), the server starts one run.
        setting: the one that asks for such runs.
        name: of the run; None: its flow's.

    Raises:
        OrchestratorFailed: there is no such deployment.
    """
    try:
        started = run_deployment(
            deployment,
            parameters=dict(parameters),
            flow_run_name=name,
            idempotency_key=key,
            timeout=0,
        )
    except ObjectNotFound as error:
        raise OrchestratorFailed(
            f"there is no deployment {deployment!r}, which the setting {setting} needs",
            f"roomreel up makes it; or unset {setting}",
        ) from error
    return cast("FlowRun", started)  # a coroutine only where an event loop runs here


def wait_for_ends(
    ids: Iterable[UUID],
    instead: Callable[[FlowRun], object] = lambda _run: None,
    *,
    begins_within_s: float | None = None,
    check: Callable[[], None] = lambda: None,
) -> dict[UUID, FlowRun]:
    """Wait until runs have ended; cancel those that no worker begins while none is at work.

    A server that is away is waited for, too: the runs go on without it.

    Args:
        instead: done in the place of a run that was cancelled so.
        begins_within_s: how long they may wait for a worker; unset: `BEGINS_WITHIN_S`.
        check: called now and then; what it raises ends the wait, and cancels the runs.
    """
    ended: dict[UUID, FlowRun] = {}
    wanted, cancelled = set(ids), set[UUID]()
    patience_s = BEGINS_WITHIN_S if begins_within_s is None else begins_within_s
    begins_by = time.monotonic() + patience_s
    while left := wanted - ended.keys():
        try:
            runs = read_runs(left)
        except httpx.HTTPError as error:
            LOG.warning("The server does not answer about other runs: %s", error)
            check()
            time.sleep(POLL_S)
            continue
        _cancel_unless(check, runs)
        finished = {run.id: run for run in runs if run.state and run.state.is_final()}
        ended |= finished
        if finished.keys() - cancelled or any(map(_has_begun, runs)):
            begins_by = time.monotonic() + patience_s
        elif time.monotonic() > begins_by and (waiting := [r for r in runs if r.id not in ended]):
            first = _first_of(waiting)
            LOG.warning("No worker began with %s: it is done by this run.", first.name)
            _cancel(first, "No worker began with it.")
            cancelled.add(first.id)
            instead(first)
        if wanted - ended.keys():
            time.sleep(POLL_S)
    return ended


def _has_begun(run: FlowRun) -> bool:
    return run.state is not None and run.state.type in _BEGUN


def _first_of(runs: Sequence[FlowRun]) -> FlowRun:
    return min(runs, key=lambda run: (run.expected_start_time is None, run.expected_start_time))


def _cancel_unless(check: Callable[[], None], runs: Iterable[FlowRun]) -> None:
    try:
        check()
    except Exception:
        for run in runs:
            if run.state is None or not run.state.is_final():
                _cancel(run, "The run that waits for it is stopped.")
        raise


def _cancel(run: FlowRun, message: str) -> None:
    # What a worker has taken, and has not begun, nothing else would cancel.
    is_taken = run.state is not None and run.state.is_pending()
    end = StateType.CANCELLED if is_taken else StateType.CANCELLING
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run.id, State(type=end, message=message))
