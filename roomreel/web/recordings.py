"""Recordings, of all rooms or of one: fetch, list, delete."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomreel.service.lists.listing import RecordingFilter, fetch_room, list_recordings
from roomreel.service.lists.recordings import delete_recording, find_recording
from roomreel.service.service import Service
from roomreel.web.answers import json_response, recording_json, room_recording_json
from roomreel.web.callers import READ, WRITE
from roomreel.web.forms import Form, read_query
from roomreel.web.lists import as_sid, asked_page, created_in, list_response, sid_of
from roomreel.web.order import room_not_found
from roomreel.web.sids import recording_sid

STATUSES = ("processing", "completed", "deleted", "failed")
TYPES = ("audio", "video", "data")
MOST_OF_A_ROOM = 1000


def recordings(service: Service) -> APIRouter:
    """Return the operations on recordings."""
    router = APIRouter(tags=["Recordings"])

    @router.get("/v1/Recordings", dependencies=READ)
    def list_all(request: Request) -> Response:
        """List recordings, newest first."""
        query = read_query(request)
        asked = asked_page(query)
        wanted = RecordingFilter(
            **_filters(query),
            grouping_sids=tuple(as_sid(one, "GroupingSid") for one in query.all("GroupingSid")),
            media_type=query.choice("MediaType", TYPES),
        )
        page = list_recordings(service.database, wanted, asked.size, asked.token)
        url = f"{service.url}/v1/Recordings"
        return list_response(
            url, "recordings", query, asked, page, lambda row: recording_json(row, service)
        )

    @router.get("/v1/Recordings/{sid}", dependencies=READ)
    def fetch(sid: str) -> Response:
        """Fetch a recording."""
        return json_response(recording_json(find_recording(service, recording_sid(sid)), service))

    @router.delete("/v1/Recordings/{sid}", status_code=204, dependencies=WRITE)
    def delete(sid: str) -> Response:
        """Delete a recording and its file; what is known of it stays for a time."""
        delete_recording(service, recording_sid(sid))
        return Response(status_code=204)

    @router.get("/v1/Rooms/{room}/Recordings", dependencies=READ)
    def list_of_room(room: str, request: Request) -> Response:
        """List the recordings of a room, newest first."""
        query = read_query(request)
        asked = asked_page(query, MOST_OF_A_ROOM)
        of = fetch_room(service.database, room)
        if of is None:
            raise room_not_found(room)
        wanted = RecordingFilter(**_filters(query), grouping_sids=(of["sid"],))
        page = list_recordings(service.database, wanted, asked.size, asked.token, MOST_OF_A_ROOM)
        url = f"{service.url}/v1/Rooms/{of['sid']}/Recordings"
        return list_response(
            url, "recordings", query, asked, page, lambda row: room_recording_json(row, service)
        )

    @router.get("/v1/Rooms/{room}/Recordings/{sid}", dependencies=READ)
    def fetch_of_room(room: str, sid: str) -> Response:
        """Fetch a recording of a room."""
        row = find_recording(service, recording_sid(sid), room)
        return json_response(room_recording_json(row, service))

    @router.delete("/v1/Rooms/{room}/Recordings/{sid}", status_code=204, dependencies=WRITE)
    def delete_of_room(room: str, sid: str) -> Response:
        """Delete a recording of a room."""
        delete_recording(service, recording_sid(sid), room)
        return Response(status_code=204)

    return router


def _filters(query: Form) -> dict[str, Any]:
    return {
        "status": query.choice("Status", STATUSES),
        "source_sid": sid_of(query, "SourceSid"),
        **created_in(query),
    }
