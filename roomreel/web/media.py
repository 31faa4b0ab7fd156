"""Media files, posters, contact sheets and plans: answered by links that expire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from roomreel.errors import NotFound
from roomreel.service.media.links import Link, LinkKind, verify_link
from roomreel.service.media.media import find_composed, find_recorded
from roomreel.service.media.served import ServedFile
from roomreel.service.service import Service
from roomreel.storage.local import LocalStore
from roomreel.storage.port import Replaced
from roomreel.storage.stores import remote_store_of
from roomreel.web import codes
from roomreel.web.answers import json_response
from roomreel.web.callers import MEDIA
from roomreel.web.disposition import PARAMETER, parse_disposition
from roomreel.web.envelope import ApiError
from roomreel.web.file_answer import file_answer
from roomreel.web.forms import Form, read_query
from roomreel.web.lists import number_of
from roomreel.web.sids import composition_sid, recording_sid

LINKS = "/-/media"
"""What the paths of our own links begin with."""

LONGEST_S = 3600
USUAL_S = 600


def media(service: Service) -> APIRouter:
    """Return the operations on stored files, and the end of their links."""
    router = APIRouter(tags=["Media"])

    def add(path: str, operation: Callable[..., Response]) -> None:
        router.add_api_route(path, operation, status_code=302, dependencies=MEDIA)
        router.add_api_route(
            path, operation, methods=["HEAD"], dependencies=MEDIA, include_in_schema=False
        )

    for kind in LinkKind:
        add(f"/v1/Compositions/{{sid}}/{kind.capitalize()}", _of_composition(service, kind))
    add("/v1/Recordings/{sid}/Media", _of_recording(service))
    add("/v1/Rooms/{room}/Recordings/{sid}/Media", _of_room_recording(service))

    @router.get(f"{LINKS}/{{kind}}/{{sid}}", include_in_schema=False)
    @router.head(f"{LINKS}/{{kind}}/{{sid}}", include_in_schema=False)
    def fetch(kind: str, sid: str, request: Request) -> Response:
        """Send the file that a link leads to; the link itself is the key."""
        return _followed(service, _verified(service, kind, sid, request), request)

    return router


def _of_composition(service: Service, kind: LinkKind) -> Callable[[str, Request], Response]:
    def fetch(sid: str, request: Request) -> Response:
        query = read_query(request)
        found = find_composed(service, kind, composition_sid(sid))
        return _redirect(service, kind, composition_sid(sid), found, query)

    fetch.__name__ = f"fetch_composition_{kind}"
    fetch.__doc__ = f"Fetch the {kind} of a composition, by a link that expires."
    return fetch


def _of_recording(service: Service) -> Callable[[str, Request], Response]:
    def fetch_recording_media(sid: str, request: Request) -> Response:
        """Fetch the media of a recording, by a link that expires."""
        query = read_query(request)
        found = find_recorded(service, recording_sid(sid))
        return _redirect(service, LinkKind.MEDIA, recording_sid(sid), found, query)

    return fetch_recording_media


def _of_room_recording(service: Service) -> Callable[[str, str, Request], Response]:
    def fetch_room_recording_media(room: str, sid: str, request: Request) -> Response:
        """Fetch the media of a recording of a room, by a link that expires."""
        query = read_query(request)
        found = find_recorded(service, recording_sid(sid), room)
        return _redirect(service, LinkKind.MEDIA, recording_sid(sid), found, query)

    return fetch_room_recording_media


def _redirect(
    service: Service, kind: LinkKind, sid: str, file: ServedFile, query: Form
) -> Response:
    """Return the answer with a link: to the store that has the file, or else to this service."""
    seconds = number_of(query, "Ttl", 1, LONGEST_S, USUAL_S)
    disposition = parse_disposition(query.one(PARAMETER), file.name).header
    if isinstance(file.place, Path):
        expires = int(datetime.now(UTC).timestamp()) + seconds
        link = Link(kind, sid, file.version, disposition, expires)
        signed = link.query(service.account.link_key)
        url = f"{service.url}{LINKS}/{kind}/{sid}?{signed}"
    else:
        url = remote_store_of(file.place).link(
            file.place, seconds, disposition=disposition, content_type=file.content_type
        )
    return json_response({"redirect_to": url}, 302, {"Location": url})


def _verified(service: Service, kind: str, sid: str, request: Request) -> Link:
    """Return the link of a request.

    Raises:
        ApiError: it was not made here, or has expired, and which of the two is not said.
    """
    refused = ApiError(403, codes.FORBIDDEN, "The link has expired, or was changed")
    try:
        query = read_query(request)
        said = {name: query.one(name) or "" for name in query.names}
        named = LinkKind(kind)
    except (ApiError, ValueError) as error:
        raise refused from error
    link = verify_link(named, sid, said, service.account.link_key, datetime.now(UTC))
    if link is None:
        raise refused
    return link


def _followed(service: Service, link: Link, request: Request) -> Response:
    """Return the file that a link leads to.

    Raises:
        NotFound: it was deleted, or is another one than the link was made for.
    """
    is_composed = link.sid.startswith("CJ")
    file = (
        find_composed(service, link.kind, link.sid)
        if is_composed
        else find_recorded(service, link.sid)
    )
    gone = NotFound("the file that the link leads to is not there any more")
    if file.version != link.version or not isinstance(file.place, Path):
        raise gone
    try:
        opened = LocalStore().open(file.place, file.stored.version)
    except Replaced as error:
        raise gone from error
    metadata = {f"x-amz-meta-{name}": value for name, value in file.metadata.items()}
    headers = {"Content-Disposition": link.disposition, **metadata}
    return file_answer(request, opened, link.version, file.content_type, headers)
