"""The flows with a stand-in for the render, for workers to import: what it does is in a file.

It takes as long as there is a file `hold` beside that. Everything but the render is the product's:
manifests, plans, tasks, states, results, catalogs.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import roomreel.batch.render
from roomreel.compose.outcome import failed
from roomreel.compose.publish import files_of
from roomreel.errors import RenderError
from roomreel.flows.compose_room import compose_room
from roomreel.flows.compose_shard import compose_shard
from roomreel.flows.nightly import nightly
from roomreel.model.composition import CompositionStatus, Job, Outcome
from roomreel.settings import Settings
from roomreel.storage import sha256_of

__all__ = ["compose_room", "compose_shard", "nightly"]


def compose(job: Job, _plan: Any, settings: Settings, *_: Any) -> Outcome:
    """Write a file of a few bytes instead of a composition, and a line about it."""
    name, told = job.manifest.room.unique_name, Path(os.environ["STANDIN_LOG"])
    with told.open("a") as log:
        log.write(f"{name} {job.template.friendly_name}\n")
    while told.with_name("hold").exists():
        time.sleep(0.2)
    files = files_of(job, settings)
    media = Path(files.media)
    media.parent.mkdir(parents=True, exist_ok=True)
    media.write_text(job.sid)
    now = datetime.now(UTC)
    return replace(
        failed(job, RenderError(""), now, now),
        status=CompositionStatus.COMPLETED,
        failure_code=None,
        failure_message=None,
        files=replace(files, poster=None, sheet=None),
        size_bytes=media.stat().st_size,
        media_sha256=sha256_of(media),
    )


roomreel.batch.render.compose = compose
