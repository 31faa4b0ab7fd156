"""The way in and out: sign in by a key, by the account or by a link that is good once; sign out."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from roomreel.service.access.scopes import Scope
from roomreel.service.access.sessions import begin_session, end_session
from roomreel.service.access.sign_in_links import use_link
from roomreel.text import shortened
from roomreel.web import codes
from roomreel.web.console.pages import HOME, page
from roomreel.web.console.visitors import (
    Console,
    Left,
    console_of,
    refuse_forged,
    secret_for_form,
    token_of,
)
from roomreel.web.envelope import ApiError
from roomreel.web.forms import Form, read_form, read_query

SIGN_IN = "/console/sign-in"

# A path of the console, of characters that no browser reads as a host.
_OURS = re.compile(r"/console(?:[/?][!-\[\]-~]*)?")
_LONGEST_NEXT = 2000


def entry() -> APIRouter:
    """Return the pages."""
    router = APIRouter(prefix=HOME, include_in_schema=False)

    @router.get("/sign-in")
    def show(request: Request) -> Response:
        query = read_query(request)
        link = query.one("link") or ""
        return _form(request, {"link": link, "next": own_path(query.one("next")), "sid": ""})

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        console = console_of(request)
        form = await read_form(request)
        shown = {
            "link": form.one("link") or "",
            "next": own_path(form.one("next")),
            "sid": shortened(form.one("sid") or ""),
        }
        try:
            refuse_forged(form, console.secret_of(request))
            caller = await _caller(console, form, request)
        except ApiError as error:
            # A page with a form is an answer of its own: a 401 would have the browser ask, too.
            status = 403 if error.status == 401 else error.status
            return _form(request, shown | {"link": ""}, error.message, status)
        secret = await run_in_threadpool(_begin, console, caller, console.secret_of(request))
        request.state.caller = caller
        response = RedirectResponse(shown["next"], 303)
        console.hand_out(response, secret)
        return response

    @router.post("/sign-out")
    async def sign_out(request: Request, _form: Left) -> Response:
        console = console_of(request)
        service = console.service
        secret = console.secret_of(request)
        await run_in_threadpool(end_session, service.database, service.account, secret)
        response = RedirectResponse(SIGN_IN, 303)
        console.hand_out(response, "")
        return response

    return router


def own_path(given: str | None) -> str:
    """Return a path to go to after signing in: the one given where it is a page of the console."""
    is_ours = given and len(given) <= _LONGEST_NEXT and _OURS.fullmatch(given)
    return given if given and is_ours else HOME


def _form(
    request: Request, shown: dict[str, Any], problem: str = "", status: int = 200
) -> Response:
    console = console_of(request)
    secret = secret_for_form(request)
    response = page(
        "sign_in",
        request.state,
        status=status,
        title="Sign in",
        token=token_of(secret),
        problem=problem,
        **shown,
    )
    console.hand_out(response, secret)
    return response


async def _caller(console: Console, form: Form, request: Request) -> str:
    """Return the sid of whoever signs in.

    Raises:
        ApiError: nobody may by what is given, or too often.
    """
    link = form.one("link")
    if link:
        service = console.service
        now = datetime.now(UTC)
        if await run_in_threadpool(use_link, service.database, service.account, link, now):
            return service.account.sid
        message = "This link was used, or is too old: roomreel keys link prints another"
        raise ApiError(401, codes.UNAUTHENTICATED, message)
    given = (form.one("sid") or "").strip(), form.one("secret") or ""
    address = request.client.host if request.client else ""
    caller = await console.sign_in.caller_of(given, address, Scope.READ)
    return caller.sid


def _begin(console: Console, caller: str, earlier: str) -> str:
    """Begin a session, and end the one that the browser had; return its secret."""
    service = console.service
    if earlier:
        end_session(service.database, service.account, earlier)
    return begin_session(service.database, service.account, caller, datetime.now(UTC))
