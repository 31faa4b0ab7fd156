"""How far a long render is: a progress artifact of its task run, and now and then a line."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import cast
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.runtime import task_run

from roomreel.compose import Progress
from roomreel.logs import LOG

# Most mixes of a short call are over before anybody could look.
FIRST_AFTER_S = 5.0
# A request each, to a server that others share.
EVERY_S = 5.0
# For who has a terminal or a log and no page of the run.
LINE_EVERY_S = 60.0


class ProgressArtifact:
    """Takes the progress of one render, and now and then tells the server about it."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._artifact: UUID | None = None
        self._first: Progress | None = None
        self._next = time.monotonic() + FIRST_AFTER_S
        self._next_line = time.monotonic() + LINE_EVERY_S
        self._name = task_run.name or key

    def __call__(self, progress: Progress) -> None:
        """Tell of the progress if it is time to; a server that does not answer stops no mix."""
        self._first = self._first or progress
        if time.monotonic() < self._next:
            return
        percent = min(100 * progress.frames_done / max(progress.frames, 1), 100.0)
        description = words(self._first, progress)
        with suppress(httpx.HTTPError, OSError):
            self._tell(percent, description)
        self._next = time.monotonic() + EVERY_S
        if time.monotonic() >= self._next_line:
            LOG.info("%s: %d %%, %s", self._name, percent, description)
            self._next_line = time.monotonic() + LINE_EVERY_S

    def _tell(self, percent: float, description: str) -> None:
        if self._artifact is None:
            made = create_progress_artifact(percent, self._key, description)
            # A coroutine only where an event loop runs in this thread.
            self._artifact = cast("UUID", made)
        else:
            update_progress_artifact(self._artifact, percent, description)


def words(first: Progress, now: Progress) -> str:
    """Return how many frames are done, and how long the others take at the pace since `first`.

    What an earlier run has left finished is there from the first on, and says nothing of the pace.
    """
    done = f"{now.frames_done} of {now.frames} frames"
    made, took_s = now.frames_done - first.frames_done, now.elapsed_s - first.elapsed_s
    if made <= 0:
        return done
    return f"{done}, about {_duration(took_s * (now.frames - now.frames_done) / made)} left"


def _duration(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    if minutes < 2:
        return f"{math.ceil(seconds)} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
