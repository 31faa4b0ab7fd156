"""A proxy in front of an S3 server that breaks what goes through it, as networks and stores do.

It passes requests on with their Host header, so that signatures stay good.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal[
    "cut-request",
    "cut-answer",
    "cut-at",
    "spoil-request",
    "spoil-answer",
    "answer",
    "hold",
    "hang",
    "note",
]
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass
class Fault:
    """What happens to some requests.

    Attributes:
        kind: cut the connection in the middle of the request's or the answer's body, or after so
            many bytes of the answer (`at`), change a byte of one of them, answer in the store's
            place, hold: pass nothing on, hang: send as many bytes and keep the connection open, or
            only note the answer.
        method: of the requests it happens to.
        part: what their path and query contain.
        times: how often; None: always.
        status: of an answer, and the code in its body.
        share: in place of `at`, of all bytes of the answer.
    """

    kind: Kind
    method: str = "GET"
    part: str = ""
    times: int | None = 1
    status: int = 503
    code: str = "SlowDown"
    at: int = 0
    share: float | None = None


@dataclass
class Faulty:
    """A running proxy.

    Attributes:
        faults: each request meets the first that fits and is not used up.
        chance: else, what a request meets by chance.
        met: method and path of the requests that met one.
        seen: method and path of all requests.
        noted: the answer, header and body, to the last request that was to be noted.
        waiting: set when a request is held or hangs.
        ended: set when the proxy ends, and with it what is held or hangs.
    """

    endpoint: str
    faults: list[Fault] = field(default_factory=list)
    chance: Callable[[], Fault | None] = lambda: None
    met: list[tuple[str, str]] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    noted: bytes = b""
    waiting: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> None:
        """Wait until the proxy ends."""
        self.waiting.set()
        self.ended.wait()

    def fault_of(self, method: str, path: str) -> Fault | None:
        """The fault a request meets, which is then one time fewer to come."""
        with self._guard:
            self.seen.append((method, path))
            for fault in self.faults:
                if fault.method == method and fault.part in path and fault.times != 0:
                    if fault.times is not None:
                        fault.times -= 1
                    self.met.append((method, path))
                    return fault
            if (fault := self.chance()) is not None:
                self.met.append((method, path))
            return fault


@contextmanager
def faulty(upstream: str) -> Iterator[Faulty]:
    """A proxy on loopback to an http endpoint, for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.upstream = urlsplit(upstream).netloc
    server.proxy = Faulty(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.proxy
    finally:
        server.proxy.ended.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Says nothing."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def _pass_on(self) -> None:
        fault = self.server.proxy.fault_of(self.command, self.path)
        kind = fault.kind if fault else None
        size = int(self.headers.get("Content-Length") or 0)
        if self.headers.get("Expect") == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        if kind == "cut-request":
            self.rfile.read(size // 2)
            self._hang_up()
            return
        body = self.rfile.read(size)
        if kind == "hold":
            self.server.proxy.wait()
            self._hang_up()
            return
        if kind == "answer":
            self._answer(fault)
            return
        upstream = HTTPConnection(self.server.upstream, timeout=60)
        try:
            self._send_upstream(upstream, _spoilt(body) if kind == "spoil-request" else body)
            self._send_back(upstream.getresponse(), kind, fault)
        finally:
            upstream.close()

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815

    def _send_upstream(self, upstream: HTTPConnection, body: bytes) -> None:
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in {"expect", "connection"}:
                upstream.putheader(name, value)
        upstream.endheaders(body or None)

    def _send_back(self, answer: HTTPResponse, kind: Kind | None, fault: Fault | None) -> None:
        body = answer.read()
        raw = self._header(answer, len(body)) + (_spoilt(body) if kind == "spoil-answer" else body)
        if kind == "note":
            self.server.proxy.noted = raw
        if kind == "cut-answer":
            raw = raw[: len(raw) - len(body) + len(body) // 2]
        elif kind in {"cut-at", "hang"}:
            raw = raw[: fault.at if fault.share is None else int(len(raw) * fault.share)]
        self.wfile.write(raw)
        if kind == "hang":
            self.wfile.flush()
            self.server.proxy.wait()
        if kind in {"cut-answer", "cut-at", "hang"}:
            self._hang_up()

    def _header(self, answer: HTTPResponse, size: int) -> bytes:
        """The header of the store, but for what is between two machines, in its order."""
        told = answer.headers["Content-Length"] if self.command == "HEAD" else str(size)
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        named = [(name, value) for name, value in answer.headers.items()]
        if answer.status not in {204, 304} and "content-length" not in map(
            str.lower, answer.headers
        ):
            named.append(("Content-Length", told))
        for name, value in named:
            if name.lower() == "content-length":
                lines.append(f"Content-Length: {told}")
            elif name.lower() not in HOP_BY_HOP:
                lines.append(f"{name}: {value}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _answer(self, fault: Fault) -> None:
        body = f"<?xml version='1.0'?><Error><Code>{fault.code}</Code></Error>".encode()
        self.send_response_only(fault.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True


def _spoilt(body: bytes) -> bytes:
    return body[:-1] + bytes([body[-1] ^ 1]) if body else body
