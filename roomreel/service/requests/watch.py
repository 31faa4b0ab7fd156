"""Renders as others see them: how far they are, and whether they are wanted any more."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager

from roomreel.compose.progress import OnProgress, Progress, pass_over, percent
from roomreel.errors import Cancelled, ServiceDatabaseFailed
from roomreel.logs import LOG
from roomreel.model.composition import Job
from roomreel.service.database.connections import Database, find_database
from roomreel.service.requests.composition_events import note_progress, step_of
from roomreel.service.requests.requests import Request, find_requests, report_progress
from roomreel.settings.serving import Serving

LOOK_S = 2.0


class _Watch:
    """Takes the progress of a render.

    Args:
        requests: those among what it makes.
        told: of what it makes, that of which somebody wants to be told.
    """

    def __init__(
        self, database: Database, requests: Collection[Request], told: Collection[Job]
    ) -> None:
        self._database = database
        self._runs = {request.sid: request.run_id for request in requests}
        self._told = told
        self._next = 0.0
        self._step = 0

    def __call__(self, progress: Progress) -> None:
        """Report the progress now and then.

        Raises:
            Cancelled: one of them was deleted, or given to another run.
        """
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + LOOK_S
        try:
            gone = self._report(progress)
        except ServiceDatabaseFailed as error:
            LOG.warning("The progress is not reported: %s", error)
            return
        if gone:
            raise Cancelled(f"{', '.join(sorted(gone))} was deleted, or given to another run")

    def _report(self, progress: Progress) -> set[str]:
        done = int(percent(progress))
        gone = set[str]()
        if self._runs:
            gone = report_progress(self._database, [*self._runs], self._runs, done)
        if self._told and not gone and step_of(progress) > self._step:
            self._step = step_of(progress)
            with self._database.write() as connection:
                note_progress(connection, self._told, progress)
        return gone


@contextmanager
def watch(jobs: Collection[Job], settings: Serving) -> Iterator[OnProgress]:
    """Yield what takes the progress of a render of these."""
    try:
        database = find_database(settings)
    except ServiceDatabaseFailed as error:
        LOG.warning("Nobody is asked whether it is still wanted: %s", error)
        database = None
    if database is None:
        yield pass_over
        return
    with closing(database):
        yield watch_in(database, jobs)


def watch_in(database: Database, jobs: Collection[Job]) -> OnProgress:
    """Return what takes the progress of a render of these, where anybody wants to know it."""
    told = [job for job in jobs if job.template.status_callback]
    try:
        with database.read() as connection:
            requested = find_requests(connection, [job.sid for job in jobs])
    except ServiceDatabaseFailed as error:
        LOG.warning("Nobody hears how far it is: %s", error)
        return pass_over
    is_watched = requested or told
    return _Watch(database, requested.values(), told) if is_watched else pass_over
