"""The logs: lists, newest first, by filters; those of compositions and recordings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomreel.model.table import Table
from roomreel.service.database.connections import Database
from roomreel.service.database.paging import Page
from roomreel.service.lists.listing import (
    CompositionFilter,
    RecordingFilter,
    list_compositions,
    list_recordings,
)
from roomreel.service.service import Service
from roomreel.web import compositions, recordings
from roomreel.web.console.filters import Filters, Reader
from roomreel.web.console.pages import page
from roomreel.web.console.visitors import READS
from roomreel.web.forms import Form, read_query

ROWS = 50


@dataclass(frozen=True, slots=True)
class Log:
    """A log.

    Attributes:
        name: of its path, its template, and what is in it.
        table: of its rows, if these can be deleted.
        prefixes: of sids of its rows; none where the room says it all.
    """

    name: str
    table: Table | None
    prefixes: Sequence[str]
    statuses: Sequence[str]
    list: Callable[[Database, Any, int, str | None], Page]
    filter: Callable[[Filters], Any]

    @property
    def path(self) -> str:
        """The path of its page."""
        return f"/console/{self.name}"

    def read(self, form: Form, database: Database) -> Filters:
        """Return the filters of a form."""
        return Reader(form, database).read(self.statuses, self.prefixes)


def _compositions(given: Filters) -> CompositionFilter:
    return CompositionFilter(
        created_after=given.since,
        created_before=given.until,
        status=given.status,
        room_sid=given.room_sid,
        sid=given.sid,
    )


def _recordings(given: Filters) -> RecordingFilter:
    return RecordingFilter(
        created_after=given.since,
        created_before=given.until,
        status=given.status,
        grouping_sids=() if given.room_sid is None else (given.room_sid,),
        sid=given.sid,
    )


COMPOSITIONS = Log(
    "compositions",
    Table.COMPOSITIONS,
    ("CJ",),
    compositions.STATUSES,
    list_compositions,
    _compositions,
)
RECORDINGS = Log(
    "recordings", Table.RECORDINGS, ("RT",), recordings.STATUSES, list_recordings, _recordings
)
LOGS: Mapping[str, Log] = {log.name: log for log in (COMPOSITIONS, RECORDINGS)}


def logs(service: Service) -> APIRouter:
    """Return the pages."""
    router = APIRouter(include_in_schema=False, dependencies=READS)
    for log in LOGS.values():
        router.add_api_route(log.path, showing(log, service))
    return router


def showing(log: Log, service: Service) -> Callable[[Request], Response]:
    """Return what answers requests for the page of a log."""

    def show(request: Request) -> Response:
        query = read_query(request)
        given = log.read(query, service.database)
        token = query.one("page") or None
        found = (
            Page([], None, None)
            if given.problems
            else log.list(service.database, log.filter(given), ROWS, token)
        )

        def page_url(at: str | None) -> str | None:
            return at and f"{log.path}?{urlencode([*given.pairs, ('page', at)])}"

        return page(
            log.name,
            request.state,
            status=400 if given.problems else 200,
            path=log.path,
            title=log.name.capitalize(),
            log=log,
            filters=given,
            rows=found.rows,
            newer=page_url(found.previous),
            older=page_url(found.next),
            is_ready=service.is_ready,
            is_troubled=bool(service.troubles),
        )

    return show
