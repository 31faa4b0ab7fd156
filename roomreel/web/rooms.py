"""Rooms and their participants: fetch and list. They come by manifests, so none is created here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomreel.errors import NotFound
from roomreel.model.table import Row
from roomreel.service.lists.listing import RoomFilter, list_rooms
from roomreel.service.service import Service
from roomreel.web.answers import json_response, participant_json, room_json
from roomreel.web.callers import READ
from roomreel.web.forms import Form, read_query
from roomreel.web.lists import asked_page, created_in, instant_of, list_response, page_of
from roomreel.web.order import require_room

STATUSES = ("in-progress", "completed", "failed")
USUAL_STATUS = STATUSES[0]
# Also of participants.
LARGEST_PAGE = 1000
PARTICIPANT_STATUSES = ("connected", "disconnected", "reconnecting")


def rooms(service: Service) -> APIRouter:
    """Return the operations on rooms."""
    router = APIRouter(prefix="/v1/Rooms", tags=["Rooms"])

    @router.get("", dependencies=READ)
    def list_all(request: Request) -> Response:
        """List rooms of a status, newest first."""
        query = read_query(request)
        asked = asked_page(query, LARGEST_PAGE)
        wanted = RoomFilter(
            status=query.choice("Status", STATUSES) or USUAL_STATUS,
            unique_name=query.one("UniqueName"),
            **created_in(query),
        )
        page = list_rooms(service.database, wanted, asked.size, asked.token, LARGEST_PAGE)
        url = f"{service.url}/v1/Rooms"
        return list_response(url, "rooms", query, asked, page, lambda row: room_json(row, service))

    @router.get("/{room}", dependencies=READ)
    def fetch(room: str) -> Response:
        """Fetch a room by its sid or unique name."""
        return json_response(room_json(require_room(service, room), service))

    @router.get("/{room}/Participants", dependencies=READ)
    def list_participants(room: str, request: Request) -> Response:
        """List the participants of a room."""
        query = read_query(request)
        asked = asked_page(query, LARGEST_PAGE)
        of = require_room(service, room)
        is_wanted = _wanted(query, of)
        people = [
            one
            for one in (participant_json(person, of, service) for person in _people(of))
            if is_wanted(one)
        ]
        url = f"{service.url}/v1/Rooms/{of['sid']}/Participants"
        page = page_of(people, asked)
        return list_response(url, "participants", query, asked, page, lambda row: row)

    @router.get("/{room}/Participants/{who}", dependencies=READ)
    def fetch_participant(room: str, who: str) -> Response:
        """Fetch a participant by sid or identity."""
        return json_response(find_participant(service, room, who))

    return router


def find_participant(service: Service, room: str, who: str) -> dict[str, Any]:
    """Return a participant of a room as clients read it.

    Args:
        who: sid or identity.

    Raises:
        NotFound: there is none.
    """
    of = require_room(service, room)
    for person in _people(of):
        if who in {person["sid"], person["identity"]}:
            return participant_json(person, of, service)
    raise NotFound("there is no such participant")


def _wanted(query: Form, room: Row) -> Callable[[dict[str, Any]], bool]:
    """Return what says whether a participant of a room passes the filters of a query."""
    status, identity = query.choice("Status", PARTICIPANT_STATUSES), query.one("Identity")
    after, before = instant_of(query, "DateCreatedAfter"), instant_of(query, "DateCreatedBefore")
    # All of them come with the room.
    created = room["date_created"]
    is_then = (after is None or (created is not None and created >= after)) and (
        before is None or (created is not None and created < before)
    )

    def is_wanted(one: dict[str, Any]) -> bool:
        return is_then and status in {None, one["status"]} and identity in {None, one["identity"]}

    return is_wanted


def _people(room: Row) -> list[dict[str, Any]]:
    return room["participants"] or []
