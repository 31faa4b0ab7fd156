"""Draw the pictures of a room's compositions in one pass over its recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prefect import State, task
from prefect.runtime import task_run
from prefect.states import Completed

from roomreel.compose import NOTHING_LEFT_OUT, draw_together
from roomreel.documents.findings import shortened
from roomreel.errors import RoomreelError
from roomreel.metrics import timed
from roomreel.night.planning import Work
from roomreel.settings import Settings
from roomreel.tasks.edge import attempt
from roomreel.tasks.mix import ENCODES


def draw_name() -> str:
    """What the run is called: the room, and how many templates it is drawn by."""
    works = task_run.parameters["works"]
    room = works[0].job.manifest.room.unique_name
    return f"draw {shortened(room)} by {len(works)} templates"


@task(task_run_name=draw_name, tags=[ENCODES])
def draw(
    works: Sequence[Work],
    settings: Settings,
    only: Mapping[str, tuple[range, ...]] = NOTHING_LEFT_OUT,
) -> State[Any]:
    """Draw what the mixes of one room then find done.

    It never fails: each mix draws what is missing, and tells of what kept it from being drawn.

    Args:
        only: by sid, the chunks to draw of a composition that others draw the rest of.
    """
    with timed("draw"):
        result = attempt(draw_together, [(w.job, w.plan) for w in works], settings, only)
    if isinstance(result, RoomreelError):
        return Completed(message=f"left to each mix: {result}")
    return Completed(message="drawn")
