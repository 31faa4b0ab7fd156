"""Errors as the console shows them: a page in words, or the sign-in page."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from starlette.datastructures import Headers, State
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from roomreel.web.console.entry import SIGN_IN
from roomreel.web.console.pages import HOME, page
from roomreel.web.envelope import ApiError

_TITLES: Mapping[int, str] = {
    400: "This cannot be read",
    403: "Not allowed",
    404: "Not found",
    409: "Not now",
    429: "Too often",
    503: "Not available now",
}


def is_page(path: str) -> bool:
    """Return whether a path is one of the console."""
    return path == HOME or path.startswith(f"{HOME}/")


def show_failure(error: ApiError, scope: Scope) -> Response:
    """Return the page of an error."""
    if error.status == 401:
        return _to_sign_in(scope)
    state = State(scope.setdefault("state", {}))
    response = page(
        "error",
        state,
        status=error.status,
        title=_TITLES.get(error.status, "This failed"),
        message=error.message,
    )
    response.headers.update(error.headers)
    return response


def _to_sign_in(scope: Scope) -> Response:
    query = scope.get("query_string", b"").decode("latin-1")
    asked = scope["path"] + (f"?{query}" if query else "")
    then = asked if scope["method"] == "GET" else HOME
    to = f"{SIGN_IN}?next={quote(then, safe='/')}"
    if "hx-request" in Headers(scope=scope):
        # A part of a page: all of it goes there, not the part.
        return Response(status_code=204, headers={"HX-Redirect": to})
    return RedirectResponse(to, 303)
