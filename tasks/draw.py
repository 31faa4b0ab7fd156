"""Draw the pictures of a room's compositions in one pass over its recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import State, task
from prefect.runtime import task_run
from prefect.states import Completed

from roomreel.batch.planning import PlannedJob
from roomreel.batch.render import draw_pictures
from roomreel.compose.together import ALL_CHUNKS
from roomreel.service.requests.watch import watch
from roomreel.settings import Settings
from roomreel.tasks.artifacts import artifact_key
from roomreel.tasks.progress import ProgressArtifact
from roomreel.tasks.render import ENCODES
from roomreel.text import counted, shortened


def draw_name() -> str:
    """Return the name of the run: the room, and how many templates it is rendered by."""
    planned = task_run.parameters["planned"]
    room = planned[0].job.manifest.room.unique_name
    return f"render video of {shortened(room)} ({counted(len(planned), 'template')})"


@task(task_run_name=draw_name, tags=[ENCODES])
def draw(
    planned: Sequence[PlannedJob],
    settings: Settings,
    only: Mapping[str, tuple[range, ...]] = ALL_CHUNKS,
) -> State[Any]:
    """Draw what the renders of one room then find done.

    It never fails: each render draws what is missing, and reports what kept it from being drawn.

    Args:
        only: by sid, the chunks to draw of a composition that others draw the rest of.
    """
    job = planned[0].job
    key = artifact_key(job.sid, settings, job.manifest.room.unique_name, "video")
    with watch([one.job for one in planned], settings) as also:
        error = draw_pictures(planned, settings, only, ProgressArtifact(key, also))
    if error is not None:
        return Completed(message=f"rendering each by itself: {error}")
    return Completed(message="drawn")
