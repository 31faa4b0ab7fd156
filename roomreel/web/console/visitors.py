"""Visitors of pages: found by the session of a cookie, and by nothing else.

Credentials that a browser remembers for the API open no page, and a session opens no API.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roomreel.service.access.callers import Caller
from roomreel.service.access.scopes import Scope
from roomreel.service.access.sessions import find_session, new_secret
from roomreel.service.service import Service
from roomreel.web import codes
from roomreel.web.callers import SignIn
from roomreel.web.envelope import ApiError
from roomreel.web.forms import Form, read_form

_TOKEN_FIELD = "token"  # noqa: S105  the name of a field


@dataclass(frozen=True, slots=True)
class Console:
    """Things that pages are made from; one for an application, whose `state.console` it is.

    Attributes:
        is_secure: whether browsers reach it by https.
    """

    service: Service
    sign_in: SignIn
    is_secure: bool

    @property
    def cookie(self) -> str:
        """The name of the cookie; by https one that no other host of the domain can set."""
        return "__Host-roomreel" if self.is_secure else "roomreel"

    def secret_of(self, request: Request) -> str:
        """Return the secret of a request's cookie; "" where it has none."""
        return request.cookies.get(self.cookie, "")

    def hand_out(self, response: Response, secret: str) -> None:
        """Put a secret into the cookie; an empty one removes it."""
        response.set_cookie(
            self.cookie,
            secret,
            max_age=None if secret else 0,
            path="/" if self.is_secure else "/console",
            secure=self.is_secure,
            httponly=True,
            # So that a link that somebody was sent opens; what changes something is no GET.
            samesite="lax",
        )


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in.

    Attributes:
        secret: of the session.
    """

    caller: Caller
    secret: str

    @property
    def name(self) -> str:
        """The name that a person knows it by."""
        return self.caller.name or "account"

    @property
    def token(self) -> str:
        """The token of each form of the session."""
        return token_of(self.secret)

    def may(self, scope: str) -> bool:
        """Return whether it has a scope."""
        return scope in self.caller.scopes


def token_of(secret: str) -> str:
    """Return the token of the forms that are shown with a cookie: other sites know no such one."""
    return hmac.digest(secret.encode(), b"form", "sha256").hex()


def refuse_forged(form: Form, secret: str) -> None:
    """Refuse a form that was not made for this cookie.

    Raises:
        ApiError: it was not: 403.
    """
    given = (form.one(_TOKEN_FIELD) or "").encode()
    if not secret or not hmac.compare_digest(given, token_of(secret).encode()):
        message = "This form is of another session, or of another site: open the page again"
        raise ApiError(403, codes.FORBIDDEN, message)


def console_of(request: Request) -> Console:
    """Return the console of a request."""
    found: Console = request.app.state.console
    return found


def secret_for_form(request: Request) -> str:
    """Return the secret that a form is shown with before anybody is signed in."""
    return console_of(request).secret_of(request) or new_secret()


@cache
def visitor(scope: Scope) -> Callable[..., Awaitable[Visitor]]:
    """Return the dependency that gives whoever is signed in, and has a scope.

    It raises `ApiError`: nobody is (401, which leads to the sign-in page), or the scope is not
    theirs (403).
    """

    async def find(request: Request) -> Visitor:
        console = console_of(request)
        secret = console.secret_of(request)
        service = console.service
        now = datetime.now(UTC)
        caller = await run_in_threadpool(
            find_session, service.database, service.account, secret, now
        )
        if caller is None:
            raise ApiError(401, codes.UNAUTHENTICATED, "Sign in: the session has ended")
        found = Visitor(caller, secret)
        request.state.caller = caller.sid
        request.state.visitor = found
        if scope not in caller.scopes:
            message = f"The key that you signed in with does not have the scope {scope}"
            raise ApiError(403, codes.FORBIDDEN, message)
        return found

    return find


def _posted(scope: Scope) -> Callable[..., Awaitable[Form]]:
    find = visitor(scope)

    async def read(request: Request) -> Form:
        found = await find(request)
        form = await read_form(request)
        refuse_forged(form, found.secret)
        return form

    return read


READS = [Depends(visitor(Scope.READ))]
"""The dependencies of pages that only show something."""

Written = Annotated[Form, Depends(_posted(Scope.WRITE))]
"""The form of somebody who may change something, sent by a page of their session."""

Administered = Annotated[Form, Depends(_posted(Scope.ADMIN))]
"""Likewise of somebody who may change keys and settings."""

Left = Annotated[Form, Depends(_posted(Scope.READ))]
"""Likewise of anybody who is signed in."""
