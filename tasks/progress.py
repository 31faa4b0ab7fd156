"""The progress of a long render: an artifact of its task run, and now and then a line."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import cast
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.runtime import task_run

from roomreel.compose.progress import OnProgress, Pace, Progress, pass_over, percent
from roomreel.logs import LOG

# Most renders of a short call are over before anybody could look.
FIRST_AFTER_S = 5.0
# A request each, to a server that others share.
EVERY_S = 5.0


class ProgressArtifact:
    """Takes the progress of one render, and now and then reports it to the server.

    Args:
        also: who else takes it; what that raises ends the render.
    """

    def __init__(self, key: str, also: OnProgress = pass_over) -> None:
        self._key = key
        self._also = also
        self._artifact: UUID | None = None
        self._pace = Pace()
        self._next = time.monotonic() + FIRST_AFTER_S
        self._name = task_run.name or key

    def __call__(self, progress: Progress) -> None:
        """Report the progress if it is time to; a server that does not answer stops no render."""
        self._also(progress)
        if line := self._pace.line(progress):
            LOG.info("%s: %s", self._name, line)
        if time.monotonic() < self._next:
            return
        with suppress(httpx.HTTPError, OSError):
            self._report(percent(progress), self._pace.describe(progress))
        self._next = time.monotonic() + EVERY_S

    def _report(self, done: float, description: str) -> None:
        if self._artifact is None:
            made = create_progress_artifact(done, self._key, description)
            # A coroutine only where an event loop runs in this thread.
            self._artifact = cast("UUID", made)
        else:
            update_progress_artifact(self._artifact, done, description)
