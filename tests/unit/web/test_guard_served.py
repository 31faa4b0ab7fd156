"""The guard behind the real server, by bytes on a socket, as no client library would send them."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvicorn
from fastapi import FastAPI, Request

from roomreel.settings import Settings
from roomreel.web.envelope import add_error_handlers, in_envelope
from roomreel.web.forms import BODY_LIMIT_BYTES, read_form
from roomreel.web.guard import add_guard
from roomreel.web.site import site_of

TIMEOUT_S = 1.0
CHANGES: list[str] = []


def app_at(port: int) -> FastAPI:
    settings = Settings(request_timeout_s=TIMEOUT_S)
    site = site_of(settings, "127.0.0.1", port)
    app = FastAPI()
    add_error_handlers(app, in_envelope(site.url))

    @app.post("/things")
    async def things(request: Request) -> list[str]:
        names = (await read_form(request)).names
        CHANGES.extend(names)
        return names

    @app.get("/half")
    async def half() -> None:
        raise RuntimeError("not for clients")

    add_guard(app, site, settings)
    return app


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(
            app_at(port), http="h11", proxy_headers=False, server_header=False, log_level="error"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield port
        server.should_exit = True
        thread.join()


@pytest.fixture(autouse=True)
def _no_changes() -> None:
    CHANGES.clear()


def exchange(port: int, sent: bytes) -> bytes:
    """All that comes back until the server closes the connection, or has answered."""
    with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
        received = b""
        # It may have answered, and closed, before all was sent.
        with suppress(ConnectionError):
            connection.sendall(sent)
        with suppress(ConnectionError):
            while not is_whole(received) and (more := connection.recv(65536)):
                received += more
        return received


def is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return len(body) >= int(line.partition(b":")[2])
    return False


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def post(headers: bytes, body: bytes = b"", host: bytes = b"127.0.0.1") -> bytes:
    kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
    return b"POST /things HTTP/1.1\r\nHost: " + host + b"\r\n" + kind + headers + b"\r\n" + body


def test_a_form_is_answered(port):
    answer = exchange(port, post(b"Content-Length: 3\r\n", b"a=1"))
    assert (status(answer), CHANGES) == (200, ["a"])
    assert b"server:" not in answer.lower().split(b"\r\n\r\n")[0]


REFUSED = {
    "no host": (b"POST /things HTTP/1.1\r\nContent-Length: 0\r\n\r\n", {400}),
    "no host, old": (b"POST /things HTTP/1.0\r\nContent-Length: 0\r\n\r\n", {400}),
    "two hosts": (post(b"Host: evil.example\r\nContent-Length: 0\r\n"), {400}),
    "a forged host": (post(b"Content-Length: 3\r\n", b"a=1", b"evil.example"), {421}),
    "another's URL": (
        b"POST http://evil.example/things HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        {421},
    ),
    "another site": (post(b"Origin: https://evil.example\r\nContent-Length: 3\r\n", b"a=1"), {403}),
    "an announced body": (post(b"Content-Length: 99999999999\r\n", b"a=1"), {413}),
    "a length that is none": (post(b"Content-Length: -1\r\n", b"a=1"), {400}),
    "two lengths": (post(b"Content-Length: 3\r\nContent-Length: 9\r\n", b"a=1"), {400}),
    "long headers": (post(b"X: " + b"x" * 50_000 + b"\r\nContent-Length: 0\r\n"), {431}),
    "endless headers": (post(b"X: " + b"x" * 200_000 + b"\r\n"), {400}),
    "a folded header": (post(b"Content-Length: 3\r\n x: y\r\n", b"a=1"), {400}),
    "two types": (post(b"Content-Length: 3\r\nContent-Type: text/html\r\n", b"a=1"), {415}),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", {400}),
}


@pytest.mark.parametrize(("sent", "statuses"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_changes_nothing(port, sent, statuses):
    answer = exchange(port, sent)
    assert status(answer) in statuses
    assert CHANGES == []


def test_a_body_without_end_is_cut_off(port):
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    begun = post(b"Transfer-Encoding: chunked\r\n")
    answer = exchange(port, begun + chunk * (BODY_LIMIT_BYTES // 65536 + 2))
    assert status(answer) == 413
    assert b"connection: close" in answer.lower()
    assert CHANGES == []


def test_a_body_that_does_not_come_is_not_waited_for(port):
    begun = time.monotonic()
    answer = exchange(port, post(b"Content-Length: 100\r\n", b"a=1"))
    assert time.monotonic() - begun >= TIMEOUT_S
    assert status(answer) == 408
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == 20408
    assert CHANGES == []


def test_what_fails_says_nothing_of_it(port):
    answer = exchange(port, b"GET /half HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert status(answer) == 500
    assert b"not for clients" not in answer
    assert b"Traceback" not in answer
