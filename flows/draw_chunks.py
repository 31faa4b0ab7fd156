"""A share of a long room, drawn by a run of its own on whatever worker is free."""

from __future__ import annotations

from typing import Any

from prefect import State, flow
from prefect.states import Completed

from roomreel.batch.shares import Share
from roomreel.flows.orchestration.parameters import Config, Manifest, Pieces
from roomreel.flows.orchestration.run_names import of_the_manifest
from roomreel.tasks.draw_share import draw_share
from roomreel.tasks.render import ENCODES


@flow(name="draw-chunks", flow_run_name=of_the_manifest)
def draw_chunks(manifest: Manifest, pieces: Pieces, config: Config = None) -> State[Any]:
    """Draw chunks of the compositions of a room; the run that started this one joins them.

    Returns:
        Completed in any case: what is missing is drawn by that run.
    """
    share = Share(manifest, tuple(pieces))
    state = draw_share.with_options(tags=[ENCODES])(share, config, return_state=True)
    # The task's own state would be counted, and its words replaced.
    return Completed(message=state.message)
