"""Operations of the hosted service that roomreel does otherwise: the answer says how."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Depends
from starlette.responses import Response

from roomreel.service.scopes import Scope
from roomreel.service.service import Service
from roomreel.web import codes
from roomreel.web.callers import caller
from roomreel.web.envelope import ApiError

ELSEWHERE: tuple[tuple[str, str, str], ...] = (
    ("POST", "/v1/Rooms", "rooms come by their manifests: put one where the setting manifests is"),
    ("POST", "/v1/Rooms/{room}", "the call service ends a room; its manifest then says so"),
    ("POST", "/v1/Rooms/{room}/Participants/{who}", "the call service disconnects participants"),
    (
        "POST",
        "/v1/Rooms/{room}/Participants/{who}/Anonymize",
        "change the identity in the manifest of the room",
    ),
    *(
        ("GET", f"/v1/Rooms/{{room}}/Participants/{{who}}/{what}", "tracks are in the recordings")
        for what in (
            "PublishedTracks",
            "PublishedTracks/{sid}",
            "SubscribedTracks",
            "SubscribedTracks/{sid}",
            "SubscribeRules",
        )
    ),
    (
        "POST",
        "/v1/Rooms/{room}/Participants/{who}/SubscribeRules",
        "the call service has rules of who sees whom",
    ),
    *(
        (method, f"/v1/Rooms/{{room}}/Transcriptions{what}", "roomreel transcribes nothing")
        for method in ("GET", "POST")
        for what in ("", "/{sid}")
    ),
)
"""Method and path of each, and which part of roomreel, or of the call service, does it."""


def elsewhere(_service: Service) -> APIRouter:
    """Return operations that answer where the thing is done."""
    router = APIRouter(include_in_schema=False)
    for method, path, words in ELSEWHERE:
        needed = Depends(caller(Scope.READ))
        router.add_api_route(path, _refusing(words), methods=[method], dependencies=[needed])
    return router


def _refusing(words: str) -> Callable[[], Response]:
    def refuse() -> Response:
        raise ApiError(501, codes.ELSEWHERE, f"Not an operation of roomreel: {words}")

    return refuse
