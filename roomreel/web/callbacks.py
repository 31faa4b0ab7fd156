"""Callbacks: list, fetch with their tries, deliver again; all of it is ours alone."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomreel.errors import NotFound
from roomreel.model.table import Row
from roomreel.service.callbacks.callbacks import (
    LARGEST_ID,
    CallbackFilter,
    find_callback,
    list_callbacks,
    parameters_shown,
    redeliver,
)
from roomreel.service.callbacks.events import Delivery
from roomreel.service.service import Service
from roomreel.web.answers import date_text, json_response
from roomreel.web.callers import ADMIN, READ
from roomreel.web.forms import read_query
from roomreel.web.lists import asked_page, created_in, list_response, sid_of

STATUSES = tuple(str(status) for status in Delivery)


def callbacks(service: Service) -> APIRouter:
    """Return the operations on callbacks."""
    router = APIRouter(prefix="/v1/Callbacks", tags=["Callbacks"])
    url = f"{service.url}/v1/Callbacks"

    @router.get("", dependencies=READ)
    def list_all(request: Request) -> Response:
        """List callbacks, newest first."""
        query = read_query(request)
        asked = asked_page(query)
        wanted = CallbackFilter(
            status=query.choice("Status", STATUSES),
            stream=sid_of(query, "Sid"),
            room_sid=sid_of(query, "RoomSid", "RM"),
            **created_in(query),
        )
        page = list_callbacks(service.database, wanted, asked.size, asked.token)
        return list_response(
            url, "callbacks", query, asked, page, lambda row: _callback_json(row, service)
        )

    @router.get("/{number}", dependencies=READ)
    def fetch(number: str) -> Response:
        """Fetch a callback with its tries."""
        return json_response(
            _details_json(find_callback(service.database, callback_number(number)), service)
        )

    @router.post("/{number}/Redeliver", dependencies=ADMIN)
    def send_again(number: str) -> Response:
        """Have a callback sent again."""
        return json_response(
            _details_json(redeliver(service.database, callback_number(number)), service)
        )

    return router


def callback_number(given: str) -> int:
    """Return the number of a callback in a path.

    Raises:
        NotFound: it is none.
    """
    if not given.isascii() or not given.isdigit() or len(given) > len(str(LARGEST_ID)):
        raise NotFound("there is no such callback")
    return int(given)


def _callback_json(row: Row, service: Service) -> dict[str, Any]:
    stream = row["stream"]
    is_waiting = row["status"] == Delivery.WAITING
    return {
        "id": row["id"],
        "account_sid": service.account.sid,
        "event": row["name"],
        "status": row["status"],
        "date_created": date_text(row["date"]),
        "date_due": date_text(row["due"]) if is_waiting else None,
        "room_sid": row["room_sid"],
        "composition_sid": stream if stream.startswith("CJ") else None,
        "recording_sid": stream if stream.startswith("RT") else None,
        "status_callback": row["shown_url"],
        "status_callback_method": row["method"],
        "idempotency_token": row["token"],
        "tries": row["tries"],
        "url": f"{service.url}/v1/Callbacks/{row['id']}",
    }


def _details_json(row: Row, service: Service) -> dict[str, Any]:
    return _callback_json(row, service) | {
        "parameters": parameters_shown(row, service.account.sid),
        "log": [_try_json(one) for one in row["log"]],
    }


def _try_json(row: Row) -> dict[str, Any]:
    return {
        "date": date_text(row["date"]),
        "status_callback": row["url"],
        "http_status": row["http_status"],
        "milliseconds": row["ms"],
        "answer": row["answer"],
        "error": row["error"],
    }
