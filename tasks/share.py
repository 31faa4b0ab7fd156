"""A share of a long room: drawn here, or by a worker of Prefect's pool or of a Dask cluster.

None of these tasks fails: what is not drawn the mix draws, and tells of what kept it from that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import PurePosixPath
from typing import Any, cast
from uuid import UUID

import httpx
from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.logging import get_run_logger
from prefect.runtime import task_run
from prefect.states import Completed

from roomreel.batch.shares import Share
from roomreel.batch.shares import draw_share as draw_planned_anew
from roomreel.errors import Cancelled, NotFound, RenderError, RoomreelError
from roomreel.process.isolate import is_stopped
from roomreel.settings import Settings, Spread, load, read
from roomreel.tasks.artifacts import artifact_key
from roomreel.tasks.edge import attempt
from roomreel.tasks.log import listen
from roomreel.tasks.progress import ProgressArtifact
from roomreel.text import counted, shortened

DEPLOYMENT = "draw-chunks/draw-chunks"
POLL_S = 2.0
# Whoever asks draws the first share meanwhile, which takes longer; but where it holds the only
# place in the pool, nobody would ever begin.
BEGINS_WITHIN_S = 120.0
_ANEW = "the run of its room renders what is missing"


def _name() -> str:
    """Return the name of the run: the file of the manifest, and how many frames."""
    share: Share = task_run.parameters["share"]
    frames = sum(len(chunk) for piece in share.pieces for chunk in piece.chunks)
    file = PurePosixPath(share.manifest).name
    return f"render {counted(frames, 'frame')} of {shortened(file)}"


def _elsewhere() -> str:
    return f"have another run {_name()}"


@task(task_run_name=_name, persist_result=False, cache_policy=NO_CACHE)
def draw_share(
    share: Share, config: str | None, handed: Mapping[str, str] | None = None
) -> State[Any]:
    """Draw a share in this process, by the settings of this machine.

    Args:
        handed: where the settings are of the run that asks, if this process has none of its own.
    """

    def drawn() -> str:
        settings = load(config, handed)
        listen(settings)
        room = PurePosixPath(share.manifest).stem
        key = artifact_key(share.pieces[0].sid, settings, room, "video")
        draw_planned_anew(share, settings, ProgressArtifact(key))
        return "drawn"

    return _told(attempt(drawn))


@task(task_run_name=_elsewhere, persist_result=False, cache_policy=NO_CACHE)
def draw_elsewhere(share: Share, settings: Settings, config: str | None) -> State[Any]:
    """Have somebody else draw a share, and wait for the end of it.

    Args:
        config: settings file on whatever machine draws it.
    """
    return _told(attempt(_WAYS[settings.spread], share, settings, config))


def _told(result: str | RoomreelError) -> State[Any]:
    if isinstance(result, RoomreelError):
        get_run_logger().warning("Left to the run of its room: %s", result)
        return Completed(message=f"left to the run of its room: {result}")
    return Completed(message=result)


def _by_pool(share: Share, _settings: Settings, config: str | None) -> str:
    parameters = asdict(share) | ({} if config is None else {"config": config})
    try:
        started = run_deployment(
            DEPLOYMENT,
            parameters=parameters,
            # Asked twice (the answer was lost), the server starts one run.
            idempotency_key=f"{task_run.id}-{task_run.run_count}",
            timeout=0,
        )
    except ObjectNotFound as error:
        raise NotFound(
            f"there is no deployment {DEPLOYMENT!r} to render chunks",
            "roomreel up makes it; or unset spread",
        ) from error
    return _end_of(cast("FlowRun", started).id)  # a coroutine only where an event loop runs here


def _end_of(run_id: UUID) -> str:
    """What a run told in the end; end it where it does not begin, or nobody waits any more."""
    begins_by = time.monotonic() + BEGINS_WITHIN_S
    with get_client(sync_client=True) as client:
        while True:
            try:
                state = client.read_flow_run(run_id).state
                if state and state.is_final():
                    break
                is_taken = bool(state and state.is_pending())
                waits = bool(state and state.is_scheduled()) or is_taken
                is_late = waits and time.monotonic() > begins_by
                if is_late or is_stopped():
                    # What a worker took and has not begun nobody would cancel: it kept its place.
                    end = StateType.CANCELLED if is_taken else StateType.CANCELLING
                    client.set_flow_run_state(run_id, State(type=end))
                    raise Cancelled("no worker began with it" if is_late else "stopped", _ANEW)
            except httpx.HTTPError as error:
                get_run_logger().warning("The server does not answer about the share: %s", error)
            time.sleep(POLL_S)
    if not state.is_completed():
        raise RenderError(f"the run that rendered it ended {state.name}: {state.message}", _ANEW)
    return str(state.message)


def _by_dask(share: Share, settings: Settings, config: str | None) -> str:
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        raise NotFound("prefect-dask is not installed", "install roomreel[dask]") from error
    address = settings.dask_address
    try:
        with DaskTaskRunner(address=address) as cluster:
            handed = read(config).environment
            asked = {"share": share, "config": config, "handed": handed}
            future = cluster.submit(draw_share, asked)
            begins_by = time.monotonic() + BEGINS_WITHIN_S
            while not future.wrapped_future.done():
                workers = cluster.client.scheduler_info()["workers"]
                is_late = not workers and time.monotonic() > begins_by
                if is_late or is_stopped():
                    future.wrapped_future.cancel()
                    raise Cancelled("no worker began with it" if is_late else "stopped", _ANEW)
                time.sleep(POLL_S)
            if future.wrapped_future.status != "finished":
                status = future.wrapped_future.status
                raise RenderError(f"its Dask task ended in the status {status}", _ANEW)
            return str(future.wrapped_future.result().message)
    except OSError as error:
        raise NotFound(
            f"no Dask scheduler answers at {address}: {error}", "see dask_address"
        ) from error


_WAYS: Mapping[Spread, Callable[[Share, Settings, str | None], str]] = {
    "pool": _by_pool,
    "dask": _by_dask,
}
