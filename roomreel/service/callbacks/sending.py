"""One try to send something to a receiver, by HTTP, and to nowhere else.

No redirect is followed, no proxy of the environment is used, no connection is used twice: each
try looks the host up once, has all of its addresses checked, and connects to one of those.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self

import certifi
import httpcore

from roomreel.errors import CallbackRefused
from roomreel.service.callbacks.addresses import Address, AddressGuard
from roomreel.service.callbacks.callback_url import Overrides, Target

KEPT_BYTES = 1024
"""Of an answer so much is read, and logged; whatever follows is left unread."""

REFUSED = "refused"

# A look-up cannot be ended, and one of a dead name server takes up to half a minute.
_MOST_LOOKUPS = 64
_BODY_S = 2.0
_BROKEN = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


@dataclass(frozen=True, slots=True)
class Message:
    """A request, but for its receiver.

    Attributes:
        headers: beside those that every request has.
    """

    method: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a try.

    Attributes:
        status: of HTTP; None: there was no answer.
        ms: that it took.
        body: how the answer begins.
        retry_after: the header of that name.
        failure: what went wrong: `ct` (no connection), `rt` (no answer, or not in time),
            `REFUSED` (nothing may be sent there), or "".
        error: in words.
    """

    status: int | None
    ms: int
    body: bytes = b""
    retry_after: str = ""
    failure: str = ""
    error: str = ""


class Sender:
    """Sends requests; to be used within one event loop, as an asynchronous context."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=_trust(),
            max_connections=None,
            max_keepalive_connections=0,
            retries=0,
            network_backend=_CheckedNetwork(guard),
        )

    async def __aenter__(self) -> Self:
        await self._pool.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._pool.__aexit__(kind, error, trace)

    async def send(self, target: Target, message: Message) -> Answer:
        """Try once, within the limits of the target; return what came of it, whatever that is."""
        begun = time.monotonic()
        limits = target.overrides
        try:
            self._guard.refuse_host(target.host)
            async with asyncio.timeout(limits.total_ms / 1000):
                status, retry_after, body = await self._ask(target, message)
        except (CallbackRefused, OSError, *_BROKEN) as error:
            failure, words = _what_went_wrong(error, limits)
            return Answer(None, _ms_since(begun), failure=failure, error=words)
        return Answer(status, _ms_since(begun), body, retry_after)

    async def _ask(self, target: Target, message: Message) -> tuple[int, str, bytes]:
        limits = target.overrides
        connect, read = limits.connect_ms / 1000, limits.read_ms / 1000
        url = httpcore.URL(
            scheme=target.scheme.encode(),
            host=target.host.encode(),
            port=target.connect_port,
            target=target.path.encode(),
        )
        asked = self._pool.stream(
            message.method,
            url,
            headers=_headers(target, message),
            content=message.body,
            extensions={
                "timeout": {"connect": connect, "read": read, "write": read, "pool": connect}
            },
        )
        async with asked as response:
            headers = {name.lower(): value for name, value in response.headers}
            retry_after = headers.get(b"retry-after", b"")[:100].decode("latin-1")
            return response.status, retry_after, await _read_beginning(response)


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connections to addresses that were checked."""

    def __init__(self, guard: AddressGuard) -> None:
        self._guard = guard
        self._plain = httpcore.AnyIOBackend()
        self._lookups: dict[tuple[str, int], asyncio.Future[list[Address]]] = {}

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the port of the library has it
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to the first address of a host that answers."""
        try:
            async with asyncio.timeout(timeout):
                addresses = await self._look_up(host, port)
                self._guard.refuse_addresses(host, addresses)
                return await self._connect(addresses, port, local_address, socket_options)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout from error

    async def _connect(
        self,
        addresses: list[Address],
        port: int,
        local_address: str | None,
        socket_options: Iterable[Any] | None,
    ) -> httpcore.AsyncNetworkStream:
        failed = httpcore.ConnectError("no address")
        for address in addresses:
            try:
                return await self._plain.connect_tcp(
                    str(address), port, None, local_address, socket_options
                )
            except httpcore.ConnectError as error:
                failed = error
        raise failed

    async def _look_up(self, host: str, port: int) -> list[Address]:
        """Return the addresses of a host; one look-up at a time serves all who ask."""
        key = host, port
        if key not in self._lookups:
            if len(self._lookups) >= _MOST_LOOKUPS:
                raise httpcore.ConnectError("too many names are being looked up")
            self._lookups[key] = lookup = _begin_lookup(host, port)
            lookup.add_done_callback(lambda _: self._lookups.pop(key, None))
        # Not ended by the limit of one who waits for it: others do, too.
        return await asyncio.shield(self._lookups[key])


async def _read_beginning(response: httpcore.Response) -> bytes:
    """Return how the body of an answer begins, as far as it comes soon: the status counts."""
    body = b""
    with suppress(TimeoutError, *_BROKEN):
        async with asyncio.timeout(_BODY_S):
            async for piece in response.aiter_stream():
                body += piece[:KEPT_BYTES]
                if len(body) >= KEPT_BYTES:
                    break
    return body[:KEPT_BYTES]


def _begin_lookup(host: str, port: int) -> asyncio.Future[list[Address]]:
    """Look a host up in a thread of its own, which keeps no process from ending."""
    loop = asyncio.get_running_loop()
    lookup: asyncio.Future[list[Address]] = loop.create_future()

    def end(found: list[Address] | httpcore.ConnectError) -> None:
        if lookup.done():
            return
        if isinstance(found, list):
            lookup.set_result(found)
        else:
            lookup.set_exception(found)
            lookup.exception()  # whoever asked may be gone

    def work() -> None:
        found = _addresses_of(host, port)
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(end, found)

    threading.Thread(target=work, daemon=True, name="lookup").start()
    return lookup


def _addresses_of(host: str, port: int) -> list[Address] | httpcore.ConnectError:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return httpcore.ConnectError(f"{host} is not found")
    return [ip_address(address[0]) for *_, address in found]


def _trust() -> ssl.SSLContext:
    """Return what certificates are checked by: those of the machine, and those that come along."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _headers(target: Target, message: Message) -> list[tuple[bytes, bytes]]:
    usual = {
        "Host": target.host_header,
        "Accept": "*/*",
        # An answer is logged as it comes.
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    if target.authorization:
        usual["Authorization"] = target.authorization
    if message.method != "GET":
        usual["Content-Length"] = str(len(message.body))
    return [
        (name.encode(), value.encode("latin-1"))
        for name, value in {**usual, **message.headers}.items()
    ]


def _ms_since(begun: float) -> int:
    return round((time.monotonic() - begun) * 1000)


def _what_went_wrong(error: Exception, limits: Overrides) -> tuple[str, str]:
    """Return the kind of a failure, and its words."""
    if isinstance(error, CallbackRefused):
        return REFUSED, f"not sent: {error.message}"
    words = str(error) or "it was closed"
    table: tuple[tuple[type[Exception], str, str], ...] = (
        (httpcore.ConnectTimeout, "ct", f"no connection within {limits.connect_ms} ms"),
        (httpcore.ConnectError, "ct", f"no connection: {words}"),
        (httpcore.TimeoutException, "rt", f"no answer within {limits.read_ms} ms"),
        (TimeoutError, "rt", f"no answer within {limits.total_ms} ms"),
        (httpcore.ProtocolError, "rt", f"what it answers is not HTTP: {words}"),
    )
    found = (row[1:] for row in table if isinstance(error, row[0]))
    return next(found, ("rt", f"the connection broke: {words}"))
