"""Rooms that come by the API: their manifests, media and avatars."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from roomreel.documents.text import SIZE_LIMIT_BYTES
from roomreel.errors import NotFound
from roomreel.service.lists.listing import fetch_room
from roomreel.service.lists.recordings import find_recording
from roomreel.service.rooms.arrivals import put_manifest
from roomreel.service.rooms.uploads import (
    AtOnce,
    Target,
    Upload,
    Wanted,
    find_avatar_target,
    find_target,
)
from roomreel.service.service import Service
from roomreel.web import codes
from roomreel.web.answers import json_response, room_json, room_recording_json
from roomreel.web.body import pieces_of, read_document
from roomreel.web.callers import WRITE
from roomreel.web.envelope import ApiError
from roomreel.web.order import room_not_found
from roomreel.web.rooms import find_participant
from roomreel.web.sids import participant_sid, recording_sid, written

SHA256 = "X-Content-SHA256"

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def arrivals(service: Service) -> APIRouter:
    """Return the operations by which rooms come."""
    router = APIRouter(prefix="/v1/Rooms", tags=["Rooms"])
    at_once = AtOnce(service.settings.uploads_at_once)

    async def take(
        request: Request, find: Callable[[Service, str, str], Target], room: str, sid: str
    ) -> None:
        wanted = _wanted(request)
        target = await run_in_threadpool(find, service, room, sid)
        with at_once:
            await _take_in(Upload(target, wanted, service.settings), request)

    @router.put("/{room}/Manifest", dependencies=WRITE)
    async def put_of_room(room: str, request: Request) -> Response:
        """Put the manifest of a room."""
        sid = _room_sid(room)
        data = await read_document(request, SIZE_LIMIT_BYTES)
        return await run_in_threadpool(_put, service, sid, data)

    @router.put("/{room}/Recordings/{sid}/Media", dependencies=WRITE)
    async def put_medium(room: str, sid: str, request: Request) -> Response:
        """Put the media file of a recording."""
        of, recording = _room_sid(room), recording_sid(sid)
        await take(request, find_target, of, recording)
        return await run_in_threadpool(_answer, service, of, recording)

    @router.put("/{room}/Participants/{sid}/Avatar", dependencies=WRITE)
    async def put_avatar(room: str, sid: str, request: Request) -> Response:
        """Put the avatar of a participant."""
        of, person = _room_sid(room), participant_sid(sid)
        await take(request, find_avatar_target, of, person)
        answer = await run_in_threadpool(find_participant, service, of, person)
        return json_response(answer)

    return router


def _put(service: Service, sid: str, data: bytes) -> Response:
    put_manifest(service, sid, data)
    row = fetch_room(service.database, sid)
    if row is None:  # removed by somebody else at once
        raise room_not_found(sid)
    return json_response(room_json(row, service))


def _answer(service: Service, room: str, sid: str) -> Response:
    return json_response(room_recording_json(find_recording(service, sid, room), service))


async def _take_in(upload: Upload, request: Request) -> None:
    """Take in a body while it comes: a piece is written while the next one is received."""
    await run_in_threadpool(upload.__enter__)
    writing: asyncio.Future[None] | None = None
    try:
        async for piece in pieces_of(request, upload.settings.request_timeout_s):
            if writing is not None:
                await writing
            writing = asyncio.ensure_future(run_in_threadpool(upload.write, piece))
        if writing is not None:
            await writing
    except BaseException as error:
        if writing is not None:
            writing.cancel()
        # It waits for a piece that is just being written; what has ended the block is raised.
        with suppress(type(error)):
            await run_in_threadpool(upload.__exit__, type(error), error, None)
        raise
    await run_in_threadpool(upload.__exit__, None, None, None)


def _wanted(request: Request) -> Wanted:
    digests = request.headers.getlist(SHA256)
    if len(digests) > 1 or any(not _SHA256.fullmatch(one) for one in digests):
        raise ApiError(400, codes.INVALID, f"Header {SHA256} has 64 hex digits")
    length = request.headers.get("content-length")
    size = int(length) if length is not None else None
    return Wanted(size, digests[0].lower() if digests else None)


def _room_sid(given: str) -> str:
    sid = written(given, "RM")
    if sid is None:
        raise NotFound("a room is put by its sid: RM and 32 hex digits")
    return sid
