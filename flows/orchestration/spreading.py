"""Have others draw a share of a long room: a worker of the pool, or of a Dask cluster."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun
from prefect.runtime import task_run

from roomreel.batch.edge import attempt
from roomreel.batch.shares import Share
from roomreel.errors import Cancelled, NotFound, RenderError
from roomreel.flows.orchestration.deployments import start_run, wait_for_ends
from roomreel.process.isolate import is_stopped
from roomreel.settings import Settings, Spread, read
from roomreel.tasks.draw_share import draw_share, share_name, state_of

DEPLOYMENT = "draw-chunks/draw-chunks"
POLL_S = 2.0
# Whoever asks draws the first share meanwhile, which takes longer; but where it holds the only
# place in the pool, no run would ever begin.
BEGINS_WITHIN_S = 120.0
_LEFT = "the run of its room renders what is missing"


def _name() -> str:
    return f"have another run {share_name()}"


@task(task_run_name=_name, persist_result=False, cache_policy=NO_CACHE)
def draw_elsewhere(share: Share, settings: Settings, config: str | None) -> State[Any]:
    """Have another run render a share, and wait for the end of it; it never fails.

    Args:
        config: settings file on whatever machine draws it.
    """
    return state_of(attempt(_WAYS[settings.spread], share, settings, config))


def _draw_by_pool(share: Share, _settings: Settings, config: str | None) -> str:
    parameters = asdict(share) | ({} if config is None else {"config": config})
    key = f"{task_run.id}-{task_run.run_count}"
    run_id = start_run(DEPLOYMENT, parameters, key, setting="spread", name=None).id
    ends = wait_for_ends([run_id], _give_up, begins_within_s=BEGINS_WITHIN_S, check=_refuse_stopped)
    state = ends[run_id].state
    if state is None or not state.is_completed():
        words = f"{state.name}: {state.message}" if state else "nowhere"
        raise RenderError(f"the run that rendered it ended {words}", _LEFT)
    return str(state.message)


def _give_up(_run: FlowRun | None = None) -> None:
    raise Cancelled("no worker began with it", _LEFT)


def _refuse_stopped() -> None:
    if is_stopped():
        raise Cancelled("stopped", _LEFT)


def _draw_by_dask(share: Share, settings: Settings, config: str | None) -> str:
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        raise NotFound("prefect-dask is not installed", "install roomreel[dask]") from error
    address = settings.dask_address
    try:
        with DaskTaskRunner(address=address) as cluster:
            handed = read(config).environment
            asked = {"share": share, "config": config, "handed": handed}
            future = cluster.submit(draw_share, asked).wrapped_future
            _await_dask(future, lambda: cluster.client.scheduler_info()["workers"])
            if future.status != "finished":
                raise RenderError(f"its Dask task ended in the status {future.status}", _LEFT)
            return str(future.result().message)
    except OSError as error:
        raise NotFound(
            f"no Dask scheduler answers at {address}: {error}", "see dask_address"
        ) from error


def _await_dask(future: Any, workers: Callable[[], object]) -> None:
    """Wait for a future of Dask; cancel it where there is no worker to begin it."""
    begins_by = time.monotonic() + BEGINS_WITHIN_S
    while not future.done():
        try:
            _refuse_stopped()
            if time.monotonic() > begins_by and not workers():
                _give_up()
        except Cancelled:
            future.cancel()
            raise
        time.sleep(POLL_S)


_WAYS: Mapping[Spread, Callable[[Share, Settings, str | None], str]] = {
    "pool": _draw_by_pool,
    "dask": _draw_by_dask,
}
