"""Deleting what a filter matches: counted by one form, confirmed by another, then watched."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from roomreel.service.access.scopes import Scope
from roomreel.service.deletions.jobs import (
    KEPT_COUNTED,
    confirm_deletion,
    count_deletion,
    find_deletion,
)
from roomreel.service.service import Service
from roomreel.web.console.logs import LOGS
from roomreel.web.console.pages import page
from roomreel.web.console.visitors import Written, visitor
from roomreel.web.envelope import invalid

PATH = "/console/deletions"


def deletions(service: Service) -> APIRouter:
    """Return the pages."""
    router = APIRouter(prefix=PATH, include_in_schema=False)
    database = service.database

    @router.post("")
    def count(form: Written, request: Request) -> Response:
        log = LOGS[form.choice("log", [*LOGS]) or "compositions"]
        given = log.read(form, database)
        for name, problem in given.problems.items():
            raise invalid(name, f": {problem}")
        now = datetime.now(UTC)
        counted = count_deletion(database, log.filter(given), request.state.caller, now)
        return RedirectResponse(f"{PATH}/{counted}", 303)

    @router.get("/{deletion}", dependencies=[Depends(visitor(Scope.WRITE))])
    def show(deletion: str, request: Request) -> Response:
        found = find_deletion(database, deletion)
        log = LOGS[found.table]
        return page(
            "deletion",
            request.state,
            path=log.path,
            title=f"Delete {log.name}",
            log=log,
            deletion=found,
            minutes=KEPT_COUNTED.total_seconds() // 60,
        )

    @router.post("/{deletion}")
    def confirm(deletion: str, _form: Written) -> Response:
        confirm_deletion(database, deletion, datetime.now(UTC))
        return RedirectResponse(f"{PATH}/{deletion}", 303)

    return router
