"""Draw the pictures of a room's compositions in one pass over its recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import State, task
from prefect.runtime import task_run
from prefect.states import Completed

from roomreel.batch.planning import PlannedJob
from roomreel.compose.together import ALL_CHUNKS, draw_together
from roomreel.errors import RoomreelError
from roomreel.metrics import timed
from roomreel.settings import Settings
from roomreel.tasks.artifacts import artifact_key
from roomreel.tasks.edge import attempt
from roomreel.tasks.mix import ENCODES
from roomreel.tasks.progress import ProgressArtifact
from roomreel.text import counted, shortened


def draw_name() -> str:
    """Return the name of the run: the room, and how many templates it is rendered by."""
    works = task_run.parameters["works"]
    room = works[0].job.manifest.room.unique_name
    return f"render video of {shortened(room)} ({counted(len(works), 'template')})"


@task(task_run_name=draw_name, tags=[ENCODES])
def draw(
    works: Sequence[PlannedJob],
    settings: Settings,
    only: Mapping[str, tuple[range, ...]] = ALL_CHUNKS,
) -> State[Any]:
    """Draw what the mixes of one room then find done.

    It never fails: each mix draws what is missing, and tells of what kept it from being drawn.

    Args:
        only: by sid, the chunks to draw of a composition that others draw the rest of.
    """
    with timed("draw"):
        job = works[0].job
        key = artifact_key(job.sid, settings, job.manifest.room.unique_name, "video")
        together = [(work.job, work.plan) for work in works]
        result = attempt(draw_together, together, settings, only, ProgressArtifact(key))
    if isinstance(result, RoomreelError):
        return Completed(message=f"rendering each by itself: {result}")
    return Completed(message="drawn")
