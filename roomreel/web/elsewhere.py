"""Operations of the hosted service that roomreel does otherwise: the answer says how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Depends
from starlette.responses import Response

from roomreel.service.access.scopes import Scope
from roomreel.service.service import Service
from roomreel.web import codes
from roomreel.web.callers import caller
from roomreel.web.envelope import ApiError


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """An operation of the hosted service.

    Attributes:
        name: of the operation, as its description has it.
        words: which part of roomreel, or of the call service, does it.
    """

    method: str
    path: str
    name: str
    words: str


_PERSON = "/v1/Rooms/{RoomSid}/Participants/{ParticipantSid}"
_ROOMS_COME = (
    "rooms come by their manifests: PUT /v1/Rooms/{Sid}/Manifest, or a file where the setting "
    "manifests is"
)
_ROOM_ENDS = "the call service ends a room; its manifest then says so"
_DISCONNECTS = "the call service disconnects participants"
_ANONYMIZES = "change the identity in the manifest of the room"
_TRACKS = "tracks are in the recordings"
_SEES = "the call service has rules of who sees whom"
_TRANSCRIBES = "roomreel transcribes nothing"

ELSEWHERE: tuple[Elsewhere, ...] = (
    Elsewhere("POST", "/v1/Rooms", "CreateRoom", _ROOMS_COME),
    Elsewhere("POST", "/v1/Rooms/{Sid}", "UpdateRoom", _ROOM_ENDS),
    Elsewhere(
        "POST", "/v1/Rooms/{RoomSid}/Participants/{Sid}", "UpdateRoomParticipant", _DISCONNECTS
    ),
    Elsewhere(
        "POST",
        "/v1/Rooms/{RoomSid}/Participants/{Sid}/Anonymize",
        "UpdateRoomParticipantAnonymize",
        _ANONYMIZES,
    ),
    Elsewhere("GET", f"{_PERSON}/PublishedTracks", "ListRoomParticipantPublishedTrack", _TRACKS),
    Elsewhere(
        "GET", f"{_PERSON}/PublishedTracks/{{Sid}}", "FetchRoomParticipantPublishedTrack", _TRACKS
    ),
    Elsewhere("GET", f"{_PERSON}/SubscribedTracks", "ListRoomParticipantSubscribedTrack", _TRACKS),
    Elsewhere(
        "GET", f"{_PERSON}/SubscribedTracks/{{Sid}}", "FetchRoomParticipantSubscribedTrack", _TRACKS
    ),
    Elsewhere("GET", f"{_PERSON}/SubscribeRules", "FetchRoomParticipantSubscribeRule", _SEES),
    Elsewhere("POST", f"{_PERSON}/SubscribeRules", "UpdateRoomParticipantSubscribeRule", _SEES),
    Elsewhere("GET", "/v1/Rooms/{RoomSid}/Transcriptions", "ListRoomTranscriptions", _TRANSCRIBES),
    Elsewhere(
        "POST", "/v1/Rooms/{RoomSid}/Transcriptions", "CreateRoomTranscriptions", _TRANSCRIBES
    ),
    Elsewhere(
        "GET", "/v1/Rooms/{RoomSid}/Transcriptions/{Ttid}", "FetchRoomTranscriptions", _TRANSCRIBES
    ),
    Elsewhere(
        "POST",
        "/v1/Rooms/{RoomSid}/Transcriptions/{Ttid}",
        "UpdateRoomTranscriptions",
        _TRANSCRIBES,
    ),
)
"""Operations of the hosted service that roomreel does not have, with its names of parameters."""


def elsewhere(_service: Service) -> APIRouter:
    """Return operations that answer where the thing is done."""
    router = APIRouter(include_in_schema=False)
    for each in ELSEWHERE:
        needed = Depends(caller(Scope.READ))
        refuse = _refusing(each.words)
        router.add_api_route(each.path, refuse, methods=[each.method], dependencies=[needed])
    return router


def _refusing(words: str) -> Callable[[], Response]:
    def refuse() -> Response:
        raise ApiError(501, codes.ELSEWHERE, f"Not an operation of roomreel: {words}")

    return refuse
