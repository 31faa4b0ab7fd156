"""A balancer before instances of the service: each request goes to the next one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any

import httpx

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Balancer(ThreadingHTTPServer):
    """It listens on a free port; `backends` are to be set before a request comes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.client = httpx.Client(timeout=60, follow_redirects=False)
        self.counts: dict[str, int] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def go_to(self, backends: Sequence[str]) -> None:
        self.counts = dict.fromkeys(backends, 0)
        self.order = cycle(backends)

    def next(self) -> str:
        with self.lock:
            found = next(self.order)
            self.counts[found] += 1
            return found


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self) -> None:
        balancer: Any = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = [(name, value) for name, value in self.headers.items()]
        kept = [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP]
        answer = balancer.client.request(
            self.command, balancer.next() + self.path, content=body, headers=kept
        )
        self.send_response(answer.status_code)
        for name, value in answer.headers.multi_items():
            if name.lower() not in {*HOP_BY_HOP, "content-encoding"}:
                self.send_header(name, value)
        content = b"" if answer.status_code == 204 else answer.content
        if answer.status_code != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = forward  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def balancer() -> Iterator[Balancer]:
    with Balancer() as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()
            made.client.close()
