"""A stand-in of the hosted service on loopback: calls that it has recorded, and hooks.

Every answer is an example of its OpenAPI description (tests/service/twilio_video_v1.json) with
values of ours in place of the example's: a name that the description lacks is an error.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

_FILE = Path(__file__).parents[1] / "service" / "twilio_video_v1.json"
_PATHS = json.loads(_FILE.read_text(encoding="utf-8"))["paths"]

Answer = tuple[int, dict[str, str], bytes]

PIECE_BYTES = 2**14
"""Of media so much is sent at a time, and as much lies between both ends."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with an answer.

    Attributes:
        status: given instead of the answer.
        cut: the connection ends after so many bytes of the body.
    """

    status: int | None = None
    cut: int | None = None


@dataclass(slots=True)
class Sent:
    """Media that was asked for: from which byte, and how many were sent so far."""

    sid: str
    start: int
    count: int = 0


@dataclass
class Hosted:
    """What it has.

    Attributes:
        media: by sid of a recording or composition, its file.
        media_headers: by sid, headers with which it is stored.
        signature: a secret in each link to media.
        fault: called with each path; what it returns is done instead of answering, or on the way.
        on_media: called before each piece of media that is sent.
        sent: what media was asked for, in order.
        rooms: lists are in the order of these.
    """

    account: tuple[str, str]
    url: str = ""
    rooms: list[dict[str, Any]] = field(default_factory=list)
    participants: list[dict[str, Any]] = field(default_factory=list)
    recordings: list[dict[str, Any]] = field(default_factory=list)
    compositions: list[dict[str, Any]] = field(default_factory=list)
    composition_hooks: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, bytes] = field(default_factory=dict)
    media_headers: dict[str, dict[str, str]] = field(default_factory=dict)
    signature: str = ""
    fault: Callable[[str], Fault | None] = lambda _: None
    on_media: Callable[[Sent], None] = lambda _: None
    sent: list[Sent] = field(default_factory=list)

    def answer(self, path: str, query: Mapping[str, list[str]]) -> Answer:
        """Return status, headers and body of the answer to a GET."""
        words = path.strip("/").split("/")
        sid = words[-2] if words[-1] == "Media" else words[-1]
        if sid in self.media and words[-1] == "Media":
            link = f"{self.url}/media/{sid}?X-Amz-Signature={self.signature}"
            return 302, {"Location": link}, json.dumps({"redirect_to": link}).encode()
        if sid in self.media and words[0] == "media":
            about = {"Content-Type": "application/octet-stream", "ETag": self.etag(sid)}
            return 200, about | self.media_headers.get(sid, {}), self.media[sid]
        if (room := re.fullmatch(r"/v1/Rooms/(RM\w+)", path)) and self._room(room[1]):
            return 200, {}, json.dumps(self._room(room[1])).encode()
        for described, (key, is_wanted) in _LISTS.items():
            if found := re.fullmatch(re.sub(r"{\w+}", r"(\\w+)", described), path):
                rows = [row for row in getattr(self, key) if is_wanted(row, query, found)]
                return self._page(described, path, key, rows, query)
        return 404, {}, json.dumps({"code": 20404, "message": path, "status": 404}).encode()

    def etag(self, sid: str) -> str:
        return f'"{hashlib.sha256(self.media[sid]).hexdigest()[:32]}"'

    def _room(self, sid: str) -> dict[str, Any] | None:
        rows = [row for row in self.rooms if row["sid"] == sid]
        return filled(_example("/v1/Rooms", "rooms"), rows[0]) if rows else None

    def _page(
        self,
        described: str,
        path: str,
        key: str,
        rows: list[dict[str, Any]],
        query: Mapping[str, list[str]],
    ) -> Answer:
        """Return a page of one row: whoever reads lists has to go from page to page."""
        example = _page_example(described, key)
        number = int(query.get("Page", ["0"])[0])
        following = {**query, "Page": [str(number + 1)]}
        more = f"{self.url}{path}?{urlencode(following, doseq=True)}"
        here = [filled(example[key][0], row) for row in rows[number : number + 1]]
        links = {"next_page_url": more if number + 1 < len(rows) else None}
        page = {key: here, "meta": example["meta"] | links | {"key": key, "page": number}}
        return 200, {"Content-Type": "application/json"}, json.dumps(page).encode()


def _page_example(described: str, key: str) -> dict[str, Any]:
    examples = _PATHS[described]["get"]["responses"]["200"]["content"]["application/json"]
    pages = (one["value"] for one in examples["examples"].values())
    found: dict[str, Any] = next(page for page in pages if page[key])
    return found


def _example(described: str, key: str) -> dict[str, Any]:
    row: dict[str, Any] = _page_example(described, key)[key][0]
    return row


def filled(example: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the description with values of ours."""
    unknown = row.keys() - example.keys()
    assert not unknown, f"the hosted service has no {unknown}"
    own = {"room_sid": row["grouping_sids"]["room_sid"]} if "grouping_sids" in row else {}
    return {**example, **{key: own[key] for key in own.keys() & example.keys()}, **row}


def has_status(row: dict[str, Any], query: Mapping[str, list[str]], _: re.Match[str]) -> bool:
    return "Status" not in query or row["status"] in query["Status"]


def is_dated(row: dict[str, Any], query: Mapping[str, list[str]], path: re.Match[str]) -> bool:
    """Dates are texts of one form, which sort as they follow each other."""
    created = row.get("date_created", "")
    after, before = (query.get(f"DateCreated{word}", [""])[0] for word in ("After", "Before"))
    return has_status(row, query, path) and after <= created and (not before or created < before)


def is_of_call(row: dict[str, Any], query: Mapping[str, list[str]], path: re.Match[str]) -> bool:
    """Deleted recordings are listed by their status alone."""
    is_listed = has_status(row, query, path) and ("Status" in query or row["status"] != "deleted")
    return bool(is_listed and row["grouping_sids"]["room_sid"] == path[1])


def is_of_room(row: dict[str, Any], _: Mapping[str, list[str]], path: re.Match[str]) -> bool:
    return bool(row["room_sid"] == path[1])


def is_recorded(row: dict[str, Any], query: Mapping[str, list[str]], path: re.Match[str]) -> bool:
    groups = set(query.get("GroupingSid", []))
    return has_status(row, query, path) and groups <= set(row["grouping_sids"].values())


_LISTS = {
    "/v1/Rooms": ("rooms", is_dated),
    "/v1/Rooms/{RoomSid}/Recordings": ("recordings", is_of_call),
    "/v1/Rooms/{RoomSid}/Participants": ("participants", is_of_room),
    "/v1/Recordings": ("recordings", is_recorded),
    "/v1/Compositions": ("compositions", has_status),
    "/v1/CompositionHooks": ("composition_hooks", lambda *_: True),
}


@contextmanager
def hosted(service: Hosted) -> Iterator[Hosted]:
    """Serve it as long as the block lasts."""
    expected = "Basic " + base64.b64encode(":".join(service.account).encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            fault = service.fault(asked.path) or Fault()
            if fault.status is not None:
                self._say((fault.status, {"Retry-After": "0"}, b"{}"))
                return
            if asked.path.startswith("/v1") and self.headers["Authorization"] != expected:
                self._say((401, {}, b'{"code": 20003, "message": "Authenticate", "status": 401}'))
                return
            status, headers, body = service.answer(asked.path, parse_qs(asked.query))
            if not asked.path.startswith("/media/") or status != 200:
                self._say((status, headers, body))
                return
            assert parse_qs(asked.query).get("X-Amz-Signature", [""]) == [service.signature]
            assert self.headers["Authorization"] is None, "a signed URL takes no password"
            self._send_media(asked.path.rpartition("/")[2], headers, body, fault.cut)

        def _send_media(
            self, sid: str, headers: dict[str, str], body: bytes, cut: int | None
        ) -> None:
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")
            start = int(asked[1]) if asked else 0
            if asked and start >= len(body):
                self._say((416, {}, b""))
                return
            span = {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"} if asked else {}
            self._begin(206 if asked else 200, headers | span, len(body) - start)
            # Little lies in between, so that what was sent is about what has arrived.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, PIECE_BYTES)
            sent = Sent(sid, start)
            service.sent.append(sent)
            end = len(body) if cut is None else min(start + cut, len(body))
            with suppress(OSError):  # the client was killed
                for at in range(start, end, PIECE_BYTES):
                    piece = body[at : min(at + PIECE_BYTES, end)]
                    service.on_media(sent)
                    self.wfile.write(piece)
                    sent.count += len(piece)
            self.close_connection = True

        def _say(self, answer: Answer) -> None:
            status, headers, body = answer
            self._begin(status, headers, len(body))
            with suppress(OSError):
                self.wfile.write(body)

        def _begin(self, status: int, headers: dict[str, str], length: int) -> None:
            with suppress(OSError):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(length))
                self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
