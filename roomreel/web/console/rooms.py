"""Rooms: the log of them; one with its people, recordings, and recording rules."""

from __future__ import annotations

import json
import secrets

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from roomreel.documents.rules import rule_document
from roomreel.errors import DocumentInvalid
from roomreel.model.table import Row
from roomreel.service.lists.listing import RecordingFilter, RoomFilter, list_recordings, list_rooms
from roomreel.service.lists.people import name_of
from roomreel.service.rooms.rules import find_rules
from roomreel.service.service import Service
from roomreel.web import rooms as api
from roomreel.web.console.composing import compose, template_names
from roomreel.web.console.filters import Filters
from roomreel.web.console.logs import Log, showing
from roomreel.web.console.pages import page
from roomreel.web.console.timeline import bars_of
from roomreel.web.console.visitors import READS, Written
from roomreel.web.envelope import ApiError
from roomreel.web.order import require_room
from roomreel.web.rules import RULES, change_rules

RECORDINGS = 500
"""Recordings that a page of a room has at most; the log has them all."""


def _filter(given: Filters) -> RoomFilter:
    return RoomFilter(
        created_after=given.since,
        created_before=given.until,
        status=given.status,
        sid=given.room_sid,
    )


ROOMS = Log("rooms", None, (), api.STATUSES, list_rooms, _filter)


def rooms(service: Service) -> APIRouter:
    """Return the pages."""
    router = APIRouter(prefix=ROOMS.path, include_in_schema=False)
    router.add_api_route("", showing(ROOMS, service), dependencies=READS)

    @router.get("/{room}", dependencies=READS)
    def show(room: str, request: Request) -> Response:
        return _page(service, request, require_room(service, room))

    @router.post("/{room}/compose")
    def compose_now(room: str, form: Written, request: Request) -> Response:
        return compose(service, request, form, room, form.one("template") or "")

    @router.post("/{room}/rules")
    def put_rules(room: str, form: Written, request: Request) -> Response:
        of = require_room(service, room)
        try:
            change_rules(service, of, form)
        except ApiError as error:
            written = "\n".join(form.all(RULES))
            return _page(service, request, of, written=written, problem=error)
        return RedirectResponse(f"{ROOMS.path}/{of['sid']}#rules", 303)

    return router


def _page(
    service: Service,
    request: Request,
    room: Row,
    *,
    written: str | None = None,
    problem: ApiError | None = None,
) -> Response:
    of_room = RecordingFilter(grouping_sids=(room["sid"],))
    found = list_recordings(service.database, of_room, RECORDINGS, None, RECORDINGS)
    rules, unread = _rules(service, room)
    return page(
        "room",
        request.state,
        status=200 if problem is None else problem.status,
        path=ROOMS.path,
        title="Room",
        room=room,
        people=room["participants"] or [],
        names={row["participant_sid"]: name_of(row) for row in found.rows},
        bars=bars_of(found.rows),
        has_more=found.next is not None,
        templates=template_names(service) if request.state.visitor.may("write") else [],
        nonce=secrets.token_hex(16),
        rules=rules if written is None else written,
        problem=unread if problem is None else problem.message,
    )


def _rules(service: Service, room: Row) -> tuple[str, str | None]:
    """Return the rules in force as JSON, and why they cannot be read."""
    try:
        posted = find_rules(service, room)
    except DocumentInvalid as error:
        return "", str(error)
    return json.dumps(list(map(rule_document, posted.rules)), indent=2, ensure_ascii=False), None
