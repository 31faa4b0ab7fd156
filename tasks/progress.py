"""How far a long mix is, as a progress artifact of its task run."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import cast
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from roomreel.compose import Progress
from roomreel.model.composition import Job
from roomreel.settings import Settings
from roomreel.tasks.artifacts import PROGRESS, artifact_key

# Most mixes of a short call are over before anybody could look.
FIRST_AFTER_S = 5.0
# A request each, to a server that others share.
EVERY_S = 5.0


class ProgressArtifact:
    """Takes the progress of one mix, and now and then tells the server about it."""

    def __init__(self, job: Job, settings: Settings) -> None:
        self._job = job
        self._key = artifact_key(PROGRESS, job.sid, settings)
        self._artifact: UUID | None = None
        self._next = time.monotonic() + FIRST_AFTER_S

    def __call__(self, progress: Progress) -> None:
        """Tell of the progress if it is time to; a server that does not answer stops no mix."""
        if time.monotonic() < self._next:
            return
        percent = 100 * progress.frames_done / max(progress.frames, 1)
        with suppress(httpx.HTTPError, OSError):
            self._tell(min(percent, 100.0))
        self._next = time.monotonic() + EVERY_S

    def _tell(self, percent: float) -> None:
        if self._artifact is None:
            made = create_progress_artifact(percent, self._key, f"frames of {self._job.sid}")
            # A coroutine only where an event loop runs in this thread.
            self._artifact = cast("UUID", made)
        else:
            update_progress_artifact(self._artifact, percent)
