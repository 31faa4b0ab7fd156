"""Files of compositions and recordings, as the pages show and save them."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from roomreel.service.access.scopes import Scope
from roomreel.service.media.links import LinkKind
from roomreel.service.media.media import find_composed, find_recorded
from roomreel.service.service import Service
from roomreel.web.console.visitors import visitor
from roomreel.web.disposition import Disposition
from roomreel.web.forms import read_query
from roomreel.web.sids import composition_sid, recording_sid
from roomreel.web.stored_answer import send_stored

MEDIA = [Depends(visitor(Scope.MEDIA))]
"""The dependencies of whatever shows or tells what is in media, as of the API."""


def files(service: Service) -> APIRouter:
    """Return the files: each as its page shows it, or to be saved where the query says `save`."""
    router = APIRouter(include_in_schema=False, dependencies=MEDIA)

    def add(path: str, send: Callable[[str, Request], Response]) -> None:
        router.add_api_route(path, send, methods=["GET", "HEAD"])

    for kind in LinkKind:
        add(f"/console/compositions/{{sid}}/{kind}", _of_composition(service, kind))
    add("/console/recordings/{sid}/media", _of_recording(service))
    return router


def _of_composition(service: Service, kind: LinkKind) -> Callable[[str, Request], Response]:
    def send(sid: str, request: Request) -> Response:
        file = find_composed(service, kind, composition_sid(sid))
        return send_stored(request, file, _disposition(request, file.name))

    return send


def _of_recording(service: Service) -> Callable[[str, Request], Response]:
    def send(sid: str, request: Request) -> Response:
        file = find_recorded(service, recording_sid(sid))
        return send_stored(request, file, _disposition(request, file.name))

    return send


def _disposition(request: Request, name: str) -> str:
    is_saved = "save" in read_query(request).names
    return Disposition("attachment" if is_saved else "inline", name).header
