"""Recording rules of rooms: fetch and update."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roomreel.documents import text as json_text
from roomreel.documents.findings import pointer
from roomreel.documents.rules import SCHEMA, PostedRules, rule_document
from roomreel.errors import DocumentInvalid, Violation
from roomreel.model.table import Row
from roomreel.service.rooms.rules import find_rules, post_rules
from roomreel.service.service import Service
from roomreel.web import codes
from roomreel.web.answers import date_text, json_response
from roomreel.web.callers import READ, WRITE
from roomreel.web.envelope import ApiError
from roomreel.web.forms import Form, read_form
from roomreel.web.order import require_room

RULES = "Rules"

_FINDINGS_SHOWN = 5


def rules(service: Service) -> APIRouter:
    """Return the operations on recording rules."""
    router = APIRouter(prefix="/v1/Rooms", tags=["RecordingRules"])

    @router.get("/{room}/RecordingRules", dependencies=READ)
    def fetch(room: str) -> Response:
        """Fetch the recording rules of a room."""
        of = require_room(service, room)
        return json_response(_rules_json(of, find_rules(service, of)))

    @router.post("/{room}/RecordingRules", dependencies=WRITE)
    async def update(room: str, request: Request) -> Response:
        """Have other recording rules take the place of those of a room."""
        form = await read_form(request)
        return await run_in_threadpool(_update, service, room, form)

    return router


def change_rules(service: Service, room: Row, form: Form) -> PostedRules:
    """Have the recording rules of a form take the place of those of a room; return them.

    Raises:
        ApiError: with every broken rule; those of before are still in force.
    """
    document = {"schema": SCHEMA, "rules": _value(form)}
    try:
        return post_rules(service, room, orjson.dumps(document))
    except DocumentInvalid as error:
        raise _invalid("; ".join(map(_named, error.violations))) from error


def _update(service: Service, room: str, form: Form) -> Response:
    of = require_room(service, room)
    return json_response(_rules_json(of, change_rules(service, of, form)))


def _value(form: Form) -> Any:
    """Return the value of the parameter.

    Raises:
        ApiError: there is none, or it is no JSON.
    """
    given = form.all(RULES)
    if len(given) != 1:
        raise _invalid(f"Parameter {RULES} was given {len(given)} times: it is needed once")
    read = json_text.read(given[0].encode())
    if read.findings:
        shown = (
            f"{pointer(one.path) or 'the whole'}: expected {one.expected}, found {one.found}"
            for one in read.findings[:_FINDINGS_SHOWN]
        )
        raise _invalid(f"Parameter {RULES} is no JSON that can be used: {'; '.join(shown)}")
    return read.value


def _named(violation: Violation) -> str:
    where = violation.pointer.removeprefix("/rules") or "the whole"
    hint = f"; {violation.hint}" if violation.hint else ""
    return f"{RULES} {where}: expected {violation.expected}, found {violation.found}{hint}"


def _invalid(message: str) -> ApiError:
    return ApiError(400, codes.RULES_INVALID, message)


def _rules_json(room: Row, posted: PostedRules) -> dict[str, Any]:
    return {
        "room_sid": room["sid"],
        "date_created": date_text(posted.date_created),
        "date_updated": date_text(posted.date_updated),
        "rules": list(map(rule_document, posted.rules)),
    }
