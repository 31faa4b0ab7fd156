"""Errors as the API answers them: JSON with code, message, more_info and status, whatever happened.

No answer has a path of this machine, a trace or a secret in it; what an operator is to know goes
into the log.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from roomreel import errors
from roomreel.logs import LOG
from roomreel.redaction import redacted
from roomreel.text import shortened
from roomreel.web import codes

T = TypeVar("T")

CODE_PAGES = "/docs/errors"
"""Below it each code has a page."""

CHALLENGE = 'Basic realm="roomreel", charset="UTF-8"'

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")

# A client shows it to a person, or logs it.
_LONGEST_MESSAGE = 2000
# By then runs have begun some of the requests that wait.
_FEWER_AFTER_S = 60
# Enough frames to see where in roomreel, not how the server called it.
_FRAMES_LOGGED = 12


class ApiError(Exception):
    """An error that the API answers with.

    Attributes:
        status: of HTTP.
        code: one of `roomreel.web.codes`.
        message: what is wrong and where, for a person; nothing of it is a secret.
        headers: of the answer, beside its own.
    """

    def __init__(
        self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def invalid(parameter: str, problem: str) -> ApiError:
    """Return the error of a parameter that is invalid: 400.

    Args:
        problem: a sentence without its subject, such as "is not a number".
    """
    return ApiError(400, codes.INVALID, f"Parameter {shortened(parameter)} {problem}")


def answer(error: ApiError, service_url: str) -> Response:
    """Return the answer of an error."""
    body = {
        "code": error.code,
        "message": _bounded(error.message),
        "more_info": f"{service_url}{CODE_PAGES}/{error.code}",
        "status": error.status,
    }
    headers = {"WWW-Authenticate": CHALLENGE} if error.status == 401 else {}
    return Response(
        json.dumps(body), error.status, {**headers, **error.headers}, "application/json"
    )


Show = Callable[[ApiError, Scope], Response]
"""Returns the answer of an error for a request."""


def in_envelope(service_url: str) -> Show:
    """Return what answers every error in the envelope.

    Args:
        service_url: what URLs begin with, without a slash at its end.
    """
    return lambda error, _scope: answer(error, service_url)


def add_error_handlers(app: FastAPI, show: Show) -> None:
    """Have an application answer each error, and say what each code means.

    What nothing expects is for `roomreel.web.guard.Guard`, around the application.
    """

    async def handle(request: Request, error: Exception) -> Response:
        shown = as_api_error(error, request.scope["path"])
        if shown.status == 405:
            shown.headers["Allow"] = ", ".join(_allowed(request))
        return show(shown, request.scope)

    for kind in (ApiError, errors.RoomreelError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, handle)
    app.add_api_route(f"{CODE_PAGES}/{{code}}", _code_page, include_in_schema=False)


def _allowed(request: Request) -> list[str]:
    """Return the methods that the resource of a request has, of whatever route."""
    scopes = {method: dict(request.scope) | {"method": method} for method in _METHODS}
    return [
        method
        for method, scope in scopes.items()
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    ]


def as_api_error(error: Exception, path: str) -> ApiError:
    """Return what is answered for an error; what is no fault of the client is logged.

    Args:
        path: what was asked for.
    """
    match error:
        case ApiError():
            return error
        case HTTPException():
            return _of_http(error, path)
        case RequestValidationError():
            return _of_parameters(error)
        case errors.RoomreelError():
            return _of_roomreel(error, path)
        case _:
            return _broken(error, path)


def _of_http(error: HTTPException, path: str) -> ApiError:
    headers = error.headers
    match error.status_code:
        case 404:
            return ApiError(404, codes.NOT_FOUND, _not_found(path), headers)
        case 405:
            message = f"The requested resource {shortened(path)} does not have this method"
            return ApiError(405, codes.METHOD_NOT_ALLOWED, message, headers)
        case status:
            return ApiError(status, codes.code_of(status), error.detail, headers)


def _not_found(path: str) -> str:
    return f"The requested resource {shortened(path)} was not found"


def _of_parameters(error: RequestValidationError) -> ApiError:
    # What was given is not repeated: it may be as long as a body.
    problems = (
        f"Parameter {shortened(str(one['loc'][-1]))}: {one['msg']}" for one in error.errors()
    )
    return ApiError(400, codes.INVALID, "; ".join(dict.fromkeys(problems)))


def _of_roomreel(error: errors.RoomreelError, path: str) -> ApiError:
    match error:
        case errors.SettingsInvalid():
            return _broken(error, path)
        case errors.InputInvalid():
            found = _violations(error.message, error.violations)
            return ApiError(400, codes.INVALID, redacted(found))
        case _ if answered := _of_kind(error, _ANSWERED):
            return ApiError(*answered[:2], redacted(error.message), answered[2])
        case _ if words := _of_kind(error, _NEEDED):
            LOG.error("%s: %s", shortened(path), error)
            message = f"{words}; try again later"
            return ApiError(503, codes.UNAVAILABLE, message, {"Retry-After": "5"})
        case _:
            return _broken(error, path)


def _violations(message: str, violations: Sequence[errors.Violation]) -> str:
    return "; ".join(map(str, violations)) if violations else message


def _of_kind(
    error: errors.RoomreelError, table: Mapping[type[errors.RoomreelError], T]
) -> T | None:
    """Return what a table has for the kind of an error; None where it has nothing."""
    return next((found for kind, found in table.items() if isinstance(error, kind)), None)


_ANSWERED: Mapping[type[errors.RoomreelError], tuple[int, int, Mapping[str, str]]] = {
    errors.NotFound: (404, codes.NOT_FOUND, {}),
    errors.Conflict: (409, codes.CONFLICT, {}),
    errors.TooManyRequests: (429, codes.TOO_MANY, {"Retry-After": str(_FEWER_AFTER_S)}),
    errors.CompositionRefused: (400, codes.INVALID, {}),
    errors.DiskFull: (507, codes.DISK_FULL, {}),
}
"""Status, code and headers of errors whose words are for the client."""

_NEEDED: Mapping[type[errors.RoomreelError], str] = {
    errors.StorageFailed: "The store cannot be read or written",
    errors.ServiceDatabaseFailed: "The database of the service does not answer",
    errors.CatalogError: "The catalogs cannot be read or written",
    errors.OrchestratorFailed: "The server that runs compositions does not answer",
    errors.OutOfMemory: "The service does not get the memory that it needs",
}


def _broken(error: Exception, path: str) -> ApiError:
    lines = traceback.format_exception(error, limit=-_FRAMES_LOGGED)
    LOG.error("%s: %s", shortened(path), "".join(lines))
    return ApiError(500, codes.BROKEN, "The service failed; its log says why")


def _bounded(message: str) -> str:
    return shortened(message, _LONGEST_MESSAGE)


async def _code_page(code: str) -> Response:
    known = {str(one): words for one, words in codes.CODES.items()}
    if code not in known:
        raise HTTPException(404)
    return Response(f"{code}: {known[code]}\n", media_type="text/plain")
