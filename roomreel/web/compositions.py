"""Compositions: create, fetch, list, delete."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roomreel.service.database.idempotency import Idempotency
from roomreel.service.lists.compositions import (
    Order,
    create_composition,
    delete_composition,
    find_composition,
)
from roomreel.service.lists.listing import CompositionFilter, list_compositions
from roomreel.service.service import Service
from roomreel.web import codes
from roomreel.web.answers import composition_json, json_response
from roomreel.web.callers import READ, WRITE
from roomreel.web.envelope import ApiError
from roomreel.web.forms import Form, read_form, read_query
from roomreel.web.lists import asked_page, created_in, list_response, sid_of
from roomreel.web.order import TEMPLATE, require_room, room_of, template_of
from roomreel.web.sids import composition_sid

STATUSES = ("enqueued", "processing", "completed", "deleted", "failed")

LONGEST_KEY = 255


def compositions(service: Service) -> APIRouter:
    """Return the operations on compositions."""
    router = APIRouter(prefix="/v1/Compositions", tags=["Compositions"])

    @router.post("", status_code=201, dependencies=WRITE)
    async def create(request: Request) -> Response:
        """Ask for a composition of a room."""
        form = await read_form(request, TEMPLATE)
        key = _idempotency(request, form)
        return await run_in_threadpool(_create, service, form, key)

    @router.get("", dependencies=READ)
    def list_all(request: Request) -> Response:
        """List compositions, newest first."""
        query = read_query(request)
        asked = asked_page(query)
        wanted = CompositionFilter(
            status=query.choice("Status", STATUSES),
            room_sid=sid_of(query, "RoomSid", "RM"),
            **created_in(query),
        )
        page = list_compositions(service.database, wanted, asked.size, asked.token)
        url = f"{service.url}/v1/Compositions"
        return list_response(
            url, "compositions", query, asked, page, lambda row: composition_json(row, service)
        )

    @router.get("/{sid}", dependencies=READ)
    def fetch(sid: str) -> Response:
        """Fetch a composition."""
        return json_response(
            composition_json(find_composition(service, composition_sid(sid)), service)
        )

    @router.delete("/{sid}", status_code=204, dependencies=WRITE)
    def delete(sid: str) -> Response:
        """Delete a composition and its files; what is known of it stays for a time."""
        delete_composition(service, composition_sid(sid))
        return Response(status_code=204)

    return router


def _create(service: Service, form: Form, key: Idempotency | None) -> Response:
    room = room_of(form)
    template = template_of(form, service.settings)
    found = require_room(service, room)
    order = Order(found["sid"], found["unique_name"], template)
    made = create_composition(service, order, key)
    return json_response(composition_json(made, service), 201)


def _idempotency(request: Request, form: Form) -> Idempotency | None:
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        message = f"Header Idempotency-Key has 1 to {LONGEST_KEY} printable characters"
        raise ApiError(400, codes.INVALID, message)
    asked = [[name, form.all(name)] for name in sorted(form.names)]
    digest = hashlib.sha256(repr(asked).encode()).digest()
    return Idempotency(request.state.caller, key, digest)
