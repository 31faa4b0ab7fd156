"""Media by PUT behind the real server, by bytes on a socket: half sent, slow, and many at once."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn

sys.path.insert(0, str(Path(__file__).parents[2] / "servers"))
sys.path.insert(0, str(Path(__file__).parent))
from api_in_process import Api, empty_api
from arriving import BOTH, ROOM, VIDEO

IDLE_S = 2.0
PATH = f"/v1/Rooms/{ROOM}/Recordings/{VIDEO}/Media"
MB = 2**20


@dataclass
class Served:
    api: Api
    port: int

    def begin(self, *headers: str) -> socket.socket:
        """A connection on which the head of an upload was sent."""
        basic = base64.b64encode(":".join(self.api.auth).encode()).decode()
        head = [
            f"PUT {PATH} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Authorization: Basic {basic}",
            *headers,
        ]
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        return connection

    def files(self) -> dict[str, bytes]:
        folder = Path(str(self.api.service.settings.rooms_root)) / ROOM
        found: dict[str, bytes] = {}
        for one in folder.iterdir():
            with suppress(FileNotFoundError):  # removed meanwhile
                found[one.name] = one.read_bytes()
        return {name: data for name, data in found.items() if name != "room.json"}

    def wait_for(self, names: int) -> dict[str, bytes]:
        until = time.monotonic() + 120
        while len(found := self.files()) != names and time.monotonic() < until:
            time.sleep(0.02)
        return found


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        limits = {"uploads_at_once": 1, "upload_free_bytes": 0, "request_timeout_s": IDLE_S}
        with empty_api(tmp_path, port, **limits) as api:
            api.look()
            server = uvicorn.Server(uvicorn.Config(api.app, http="h11", log_level="error"))
            thread = threading.Thread(target=server.run, args=([listening],))
            thread.start()
            while not server.started:
                time.sleep(0.01)
            url = f"http://127.0.0.1:{port}/v1/Rooms/{ROOM}/Manifest"
            assert httpx.put(url, json=BOTH, auth=api.auth).status_code == 200
            yield Served(api, port)
            server.should_exit = True
            thread.join()


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(MB).split(b" ")[1])


@pytest.mark.parametrize("kind", ["length", "chunked"])
def test_a_client_that_goes_away_leaves_nothing(served: Served, kind: str) -> None:
    data = b"x" * 3 * MB
    if kind == "length":
        connection = served.begin(f"Content-Length: {4 * MB}")
        connection.sendall(data)
    else:
        connection = served.begin("Transfer-Encoding: chunked")
        connection.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    assert len(served.wait_for(1)) == 1  # it is on its way, by no name of a medium
    assert "cam.mkv" not in served.files()
    connection.close()
    assert served.wait_for(0) == {}


def test_a_client_that_says_nothing_any_more_is_told_so(served: Served) -> None:
    with served.begin(f"Content-Length: {4 * MB}") as connection:
        connection.sendall(b"x" * MB)
        assert status_of(connection) == 408
        assert served.wait_for(0) == {}


def test_a_slow_client_may_take_longer_than_any_other_request(served: Served) -> None:
    pieces = [bytes([number]) * 1000 for number in range(8)]
    with served.begin(f"Content-Length: {8 * 1000}") as connection:
        for piece in pieces:
            time.sleep(IDLE_S / 4)
            connection.sendall(piece)
        assert status_of(connection) == 200
    assert served.files() == {"cam.mkv": b"".join(pieces)}


def test_more_at_a_time_than_may_be_are_told_to_come_again(served: Served) -> None:
    data = b"x" * 2 * MB
    with served.begin(f"Content-Length: {len(data)}") as first:
        first.sendall(data[:-1])
        served.wait_for(1)
        with served.begin("Content-Length: 5") as second:
            second.sendall(b"hello")
            answer = second.recv(MB)
            assert answer.startswith(b"HTTP/1.1 429 ")
            assert b"retry-after" in answer.lower()
        first.sendall(data[-1:])
        assert status_of(first) == 200
    assert served.files() == {"cam.mkv": data}


def test_a_wrong_digest_is_told_after_the_body(served: Served) -> None:
    data = b"y" * 2 * MB
    digest = hashlib.sha256(data + b"!").hexdigest()
    with served.begin(f"Content-Length: {len(data)}", f"X-Content-SHA256: {digest}") as connection:
        connection.sendall(data)
        answer = b""
        while not answer.endswith(b"}"):
            answer += connection.recv(MB)
        assert answer.startswith(b"HTTP/1.1 400 ")
        body = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert hashlib.sha256(data).hexdigest() in body["message"]
    assert served.wait_for(0) == {}
