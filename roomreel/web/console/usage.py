"""Usage: what was composed, day by day."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomreel.service.lists.usage import Usage, list_usage
from roomreel.service.service import Service
from roomreel.text import shortened
from roomreel.web.console.pages import page
from roomreel.web.console.visitors import READS
from roomreel.web.envelope import invalid
from roomreel.web.forms import read_query

PATH = "/console/usage"
DAYS = 31


def usage(service: Service) -> APIRouter:
    """Return the page."""
    router = APIRouter(include_in_schema=False, dependencies=READS)

    @router.get(PATH)
    def show(request: Request) -> Response:
        found = list_usage(service.database, DAYS + 1, _before(read_query(request).one("before")))
        days = found[:DAYS]
        return page(
            "usage",
            request.state,
            path=PATH,
            title="Usage",
            days=days,
            total=sum((one for _, one in days), Usage()),
            longest_ms=max((one.duration_ms for _, one in days), default=0),
            older=f"{PATH}?before={days[-1][0]}" if len(found) > DAYS else None,
            is_newest=request.url.query == "",
        )

    return router


def _before(given: str | None) -> date:
    if not given:
        return date.max
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise invalid("before", f": {shortened(given)} is no date such as 2026-11-29") from error
