"""Draw a share of a long room in this process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from prefect import State, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run
from prefect.states import Completed

from roomreel.batch import shares
from roomreel.batch.edge import attempt
from roomreel.batch.shares import Share
from roomreel.errors import RoomreelError
from roomreel.logs import LOG
from roomreel.settings import apply_environment, load
from roomreel.tasks.artifacts import artifact_key
from roomreel.tasks.log import listen
from roomreel.tasks.progress import ProgressArtifact
from roomreel.text import counted, shortened


def share_name() -> str:
    """Return the name of the run: the file of the manifest, and how many frames."""
    share: Share = task_run.parameters["share"]
    frames = sum(len(chunk) for piece in share.pieces for chunk in piece.chunks)
    file = PurePosixPath(share.manifest).name
    return f"render {counted(frames, 'frame')} of {shortened(file)}"


@task(task_run_name=share_name, persist_result=False, cache_policy=NO_CACHE)
def draw_share(
    share: Share, config: str | None, handed: Mapping[str, str] | None = None
) -> State[Any]:
    """Draw a share by the settings of this machine; it never fails.

    Args:
        handed: where the settings are of the run that asks, if this process has none of its own.
    """
    return state_of(attempt(_draw, share, config, handed))


def state_of(result: str | RoomreelError) -> State[Any]:
    """Return the state of a share: the run that asked for it renders what is missing."""
    if isinstance(result, RoomreelError):
        LOG.warning("Left to the run of its room: %s", result)
        return Completed(message=f"left to the run of its room: {result}")
    return Completed(message=result)


def _draw(share: Share, config: str | None, handed: Mapping[str, str] | None) -> str:
    settings = apply_environment(load(config, handed))
    listen(settings)
    room = PurePosixPath(share.manifest).stem
    key = artifact_key(share.pieces[0].sid, settings, room, "video")
    shares.draw_share(share, settings, ProgressArtifact(key))
    return "drawn"
