"""The guard before the application: what is let in, how long it may take, what each answer bears.

Pure ASGI, since every request passes it. It is the edge of the service, too: nothing leaves it but
an answer, whatever went wrong inside.
"""

from __future__ import annotations

import asyncio
import time

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from roomreel.settings.serving import Serving
from roomreel.web import codes
from roomreel.web.access_log import Line, log_request
from roomreel.web.envelope import ApiError, Show, as_api_error, in_envelope
from roomreel.web.limits import Limits, LimitsOf, limits_of
from roomreel.web.request_counts import Requests
from roomreel.web.site import Site

# Browsers send 20 headers of 2 kB altogether; a proxy adds some.
MOST_HEADERS = 100
HEADERS_LIMIT_BYTES = 32 * 1024


def add_guard(
    app: FastAPI,
    site: Site,
    settings: Serving,
    requests: Requests | None = None,
    show: Show | None = None,
) -> None:
    """Put the guard around an application, as the last middleware that it is given.

    Args:
        show: answers errors; unset: in the envelope.
        requests: counts them; unset: nobody hears of the count.
    """
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
            expose_headers=["Retry-After"],
        )
    limits = limits_of(settings)
    app.add_middleware(
        Guard,
        site=site,
        limits=limits,
        requests=requests or Requests(),
        show=show or in_envelope(site.url),
    )
    if settings.forwarded_allow:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.forwarded_allow)


class Guard:
    """The middleware."""

    def __init__(
        self, app: ASGIApp, site: Site, limits: LimitsOf, requests: Requests, show: Show
    ) -> None:
        self._app = app
        self._show = show
        self._requests = requests
        self._site = site
        self._limits = limits
        self._headers = site.headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, by the application if it may."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            # What is kept in it by the application is seen here.
            scope.setdefault("state", {})
            exchange = Exchange(receive, send, self._limits(scope), self._headers)
            with self._requests.count(scope, lambda: exchange.status):
                try:
                    await self._exchange(scope, exchange)
                finally:
                    log_request(exchange.line(scope))

    async def _exchange(self, scope: Scope, exchange: Exchange) -> None:
        try:
            self._refuse(scope, exchange.limits)
            exchange.is_whole = _has_no_body(Headers(scope=scope))
            async with asyncio.timeout(exchange.limits.timeout_s) as exchange.deadline:
                await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:  # noqa: BLE001  the edge of the service
            late = isinstance(error, TimeoutError) and exchange.is_late
            shown = _too_slow(exchange) if late else as_api_error(error, scope["path"])
            exchange.deadline = None
            # Half an answer ends here, and the server cuts the connection.
            if not exchange.status:
                await self._show(shown, scope)(scope, exchange.receive, exchange.send)

    def _refuse(self, scope: Scope, limits: Limits) -> None:
        """Refuse what the application is not to see.

        Raises:
            ApiError: says why.
        """
        headers = Headers(scope=scope)
        _refuse_headers(headers)
        self._site.refuse_host(scope["path"], headers)
        # No path or parameter of ours has one, and databases take none.
        if "\0" in scope["path"] or b"%00" in scope.get("query_string", b""):
            raise ApiError(400, codes.INVALID, "The URL has a NUL character in it")
        self._site.refuse_other_site(scope["method"], scope["scheme"], headers)
        _refuse_length(headers, limits.body_bytes)


class Exchange:
    """One request and its answer.

    Attributes:
        limits: of the request.
        status: of the answer; 0 before it has begun.
        deadline: for the request to arrive and the answer to begin.
        is_whole: whether the request has arrived.
    """

    def __init__(
        self, receive: Receive, send: Send, limits: Limits, headers: list[tuple[bytes, bytes]]
    ) -> None:
        self._receive = receive
        self._send = send
        self.limits = limits
        self._headers = headers
        self._begun = time.monotonic()
        self._received = 0
        self._sent = 0
        self.status = 0
        self.is_whole = False
        self.deadline: asyncio.Timeout | None = None

    @property
    def is_late(self) -> bool:
        """True if the deadline has passed."""
        return self.deadline is not None and self.deadline.expired()

    async def receive(self) -> Message:
        """Return what the client sends next.

        Raises:
            ApiError: the body is larger than it may be.
        """
        message = await self._receive()
        if message["type"] == "http.request":
            self._received += len(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
            if self._received > self.limits.body_bytes:
                raise _too_large(self.limits.body_bytes)
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer, which from its beginning on may take any time."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = message.setdefault("headers", [])
            names = {name.lower() for name, _ in given}
            message["headers"] = [*given, *(one for one in self._headers if one[0] not in names)]
            if self.deadline is not None and not self.is_late:
                self.deadline.reschedule(None)
        else:
            self._sent += len(message.get("body", b""))
        await self._send(message)

    def line(self, scope: Scope) -> Line:
        """Return the line of the log about it."""
        return Line(
            method=scope["method"],
            path=scope["path"],
            status=self.status,
            ms=round((time.monotonic() - self._begun) * 1000),
            received=self._received,
            sent=self._sent,
            caller=scope["state"].get("caller", ""),
            address=scope["client"][0] if scope.get("client") else "",
        )


def _refuse_headers(headers: Headers) -> None:
    size = sum(len(name) + len(value) for name, value in headers.raw)
    if len(headers.raw) > MOST_HEADERS or size > HEADERS_LIMIT_BYTES:
        message = f"A request has at most {MOST_HEADERS} headers of {HEADERS_LIMIT_BYTES} bytes"
        raise ApiError(431, codes.HEADERS_TOO_LARGE, message)


def _has_no_body(headers: Headers) -> bool:
    return "transfer-encoding" not in headers and headers.get("content-length", "0") == "0"


def _refuse_length(headers: Headers, most: int) -> None:
    given = headers.get("content-length", "0").lstrip("0")
    # The server refuses one that is no number.
    if len(given) > len(str(most)) or (given.isdecimal() and int(given) > most):
        raise _too_large(most)


def _too_large(most: int) -> ApiError:
    message = f"The body has at most {most} bytes"
    return ApiError(413, codes.TOO_LARGE, message, {"Connection": "close"})


def _too_slow(exchange: Exchange) -> ApiError:
    if exchange.is_whole:
        message = "The answer took too long, and what was asked for may have been done"
        return ApiError(503, codes.UNAVAILABLE, message, {"Retry-After": "5"})
    message = "The request did not arrive in time"
    return ApiError(408, codes.TOO_SLOW, message, {"Connection": "close"})
