"""Renders of requests: report how far they are, and end them when they are not wanted any more."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager

from roomreel.compose.progress import OnProgress, Progress, pass_over, percent
from roomreel.errors import Cancelled, ServiceDatabaseFailed
from roomreel.logs import LOG
from roomreel.service.database import Database, find_database
from roomreel.service.requests import Request, find_requests, report_progress
from roomreel.settings.serving import Serving

LOOK_S = 2.0


class _Watch:
    """Takes the progress of a render of requests."""

    def __init__(self, database: Database, requests: Collection[Request]) -> None:
        self._database = database
        self._runs = {request.sid: request.run_id for request in requests}
        self._next = 0.0

    def __call__(self, progress: Progress) -> None:
        """Report the progress now and then.

        Raises:
            Cancelled: one of them was deleted, or given to another run.
        """
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + LOOK_S
        try:
            gone = report_progress(
                self._database, [*self._runs], self._runs, int(percent(progress))
            )
        except ServiceDatabaseFailed as error:
            LOG.warning("The progress is not reported: %s", error)
            return
        if gone:
            raise Cancelled(f"{', '.join(sorted(gone))} was deleted, or given to another run")


@contextmanager
def watch_requests(sids: Collection[str], settings: Serving) -> Iterator[OnProgress]:
    """Yield what takes the progress of a render, of whatever among these was requested."""
    try:
        database = find_database(settings)
    except ServiceDatabaseFailed as error:
        LOG.warning("Nobody is asked whether it is still wanted: %s", error)
        database = None
    if database is None:
        yield pass_over
        return
    with closing(database):
        with database.read() as connection:
            requested = find_requests(connection, sids)
        yield _Watch(database, requested.values()) if requested else pass_over
