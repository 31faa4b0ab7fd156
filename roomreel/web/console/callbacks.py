"""Callbacks: the log of them, one with its tries, and sending one again."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from roomreel.service.callbacks.callbacks import (
    CallbackFilter,
    find_callback,
    list_callbacks,
    parameters_shown,
    redeliver,
)
from roomreel.service.service import Service
from roomreel.web.callbacks import STATUSES, callback_number
from roomreel.web.console.filters import Filters
from roomreel.web.console.logs import Log, showing
from roomreel.web.console.pages import page
from roomreel.web.console.visitors import READS, Administered


def _filter(given: Filters) -> CallbackFilter:
    return CallbackFilter(
        created_after=given.since,
        created_before=given.until,
        status=given.status,
        room_sid=given.room_sid,
        stream=given.sid,
    )


CALLBACKS = Log("callbacks", None, ("CJ", "RT", "RM"), STATUSES, list_callbacks, _filter)


def callbacks(service: Service) -> APIRouter:
    """Return the pages."""
    router = APIRouter(prefix=CALLBACKS.path, include_in_schema=False)
    router.add_api_route("", showing(CALLBACKS, service), dependencies=READS)

    @router.get("/{number}", dependencies=READS)
    def show(number: str, request: Request) -> Response:
        found = find_callback(service.database, callback_number(number))
        return page(
            "callback",
            request.state,
            path=CALLBACKS.path,
            title=f"Callback {found['id']}",
            row=found,
            parameters=parameters_shown(found, service.account.sid),
        )

    @router.post("/{number}")
    def send_again(number: str, _form: Administered) -> Response:
        sent = redeliver(service.database, callback_number(number))
        return RedirectResponse(f"{CALLBACKS.path}/{sent['id']}", 303)

    return router
