"""Several compositions of one room, drawn in one pass over its recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from roomreel.compose.media import media_at_hand
from roomreel.compose.prepared import prepare
from roomreel.compose.progress import OnProgress, report_frames
from roomreel.model.composition import Job
from roomreel.model.plan import Plan
from roomreel.render.spec import RenderSpec
from roomreel.render.supervise import render_parts_supervised
from roomreel.settings.rendering import Rendering
from roomreel.storage import scratch_folder

ALL_CHUNKS: Mapping[str, tuple[range, ...]] = MappingProxyType({})


def draw_together(
    planned: Sequence[tuple[Job, Plan]],
    settings: Rendering,
    only: Mapping[str, tuple[range, ...]] = ALL_CHUNKS,
    on_progress: OnProgress | None = None,
) -> None:
    """Draw several compositions of one room in one pass over its recordings.

    `compose` of each then finds pictures, and sound where the first of them were drawn here; what
    is missing it makes itself, and reports why.

    Args:
        only: by sid, the chunks to draw of a composition that others draw the rest of.
        on_progress: given the count of frames of all of them that were missing.

    Raises:
        RenderError: the process that draws ended; what was finished by then is kept.
        StorageFailed: there is no room for scratch files.
    """
    prepared = [prepare(job, plan, settings) for job, plan in planned]
    kept = [one for one in prepared if one.keeps_parts]
    used = {sid: stored for one in kept for sid, stored in one.used.items()}
    if not kept:
        return
    with scratch_folder(settings.scratch_root) as folder, media_at_hand(used, settings) as sources:
        specs = [
            one.spec(_folder(folder, number), sources, only.get(one.job.sid))
            for number, one in enumerate(kept)
        ]
        for spec in specs:
            spec.drop_damaged()
        render_parts_supervised(specs, kept[0].limits, report_frames(on_progress, _missing(specs)))


def _folder(parent: Path, number: int) -> Path:
    folder = parent / str(number)
    folder.mkdir()
    return folder


def _missing(specs: Sequence[RenderSpec]) -> int:
    return sum(len(chunk) for spec in specs for chunk in spec.missing_chunks())
