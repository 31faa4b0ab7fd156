"""A stand-in of the hosted service on loopback: calls that it has recorded, and hooks.

Every answer is an example of its OpenAPI description (tests/service/twilio_video_v1.json) with
values of ours in place of the example's: a name that the description lacks is an error.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

_FILE = Path(__file__).parents[1] / "service" / "twilio_video_v1.json"
_PATHS = json.loads(_FILE.read_text(encoding="utf-8"))["paths"]

Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Hosted:
    """What it has.

    Attributes:
        media: by sid of a recording or composition, its file.
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

    def answer(self, path: str, query: Mapping[str, list[str]]) -> Answer:
        """Return status, headers and body of the answer to a GET."""
        words = path.strip("/").split("/")
        sid = words[-2] if words[-1] == "Media" else words[-1]
        if sid in self.media and words[-1] == "Media":
            link = f"{self.url}/media/{sid}"
            return 302, {"Location": link}, json.dumps({"redirect_to": link}).encode()
        if sid in self.media and words[0] == "media":
            return 200, {"Content-Type": "application/octet-stream"}, self.media[sid]
        for described, (key, is_wanted) in _LISTS.items():
            if found := re.fullmatch(re.sub(r"{\w+}", r"(\\w+)", described), path):
                rows = [row for row in getattr(self, key) if is_wanted(row, query, found)]
                return self._page(described, path, key, rows, query)
        return 404, {}, json.dumps({"code": 20404, "message": path, "status": 404}).encode()

    def _page(
        self,
        described: str,
        path: str,
        key: str,
        rows: list[dict[str, Any]],
        query: Mapping[str, list[str]],
    ) -> Answer:
        """Return a page of one row: whoever reads lists has to go from page to page."""
        examples = _PATHS[described]["get"]["responses"]["200"]["content"]["application/json"]
        example = next(one["value"] for one in examples["examples"].values() if one["value"][key])
        number = int(query.get("Page", ["0"])[0])
        following = {**query, "Page": [str(number + 1)]}
        more = f"{self.url}{path}?{urlencode(following, doseq=True)}"
        here = [filled(example[key][0], row) for row in rows[number : number + 1]]
        links = {"next_page_url": more if number + 1 < len(rows) else None}
        page = {key: here, "meta": example["meta"] | links | {"key": key, "page": number}}
        return 200, {"Content-Type": "application/json"}, json.dumps(page).encode()


def filled(example: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of the description with values of ours."""
    unknown = row.keys() - example.keys()
    assert not unknown, f"the hosted service has no {unknown}"
    return {**example, **row}


def has_status(row: dict[str, Any], query: Mapping[str, list[str]], _: re.Match[str]) -> bool:
    return "Status" not in query or row["status"] in query["Status"]


def is_of_room(row: dict[str, Any], _: Mapping[str, list[str]], path: re.Match[str]) -> bool:
    return bool(row["room_sid"] == path[1])


def is_recorded(row: dict[str, Any], query: Mapping[str, list[str]], path: re.Match[str]) -> bool:
    groups = set(query.get("GroupingSid", []))
    return has_status(row, query, path) and groups <= set(row["grouping_sids"].values())


_LISTS = {
    "/v1/Rooms": ("rooms", has_status),
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
            if asked.path.startswith("/v1") and self.headers["Authorization"] != expected:
                self._say((401, {}, b'{"code": 20003, "message": "Authenticate", "status": 401}'))
                return
            self._say(service.answer(asked.path, parse_qs(asked.query)))

        def _say(self, answer: Answer) -> None:
            status, headers, body = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

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
