"""Live progress: a stream of events that say only that a page has changed.

The page is fetched again, so there is one way to show it. A stream ends with its session, with the
service, and after a time; a browser opens another by itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from roomreel.errors import NotFound
from roomreel.service.access.sessions import find_session
from roomreel.service.lists.compositions import find_composition
from roomreel.service.requests.requests import OPEN
from roomreel.service.service import Service
from roomreel.web import codes
from roomreel.web.console.visitors import READS, Visitor
from roomreel.web.envelope import ApiError
from roomreel.web.sids import composition_sid

MOST_STREAMS = 4
"""Of a session: browsers have six connections to a host, and pages need some of them."""

LOOK_S = 1.0
SESSION_S = 10.0
LONGEST_S = 600.0

_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class Streams:
    """The streams that are open, by session; used by the event loop alone."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextmanager
    def one_more(self, secret: str) -> Iterator[None]:
        """Count a stream as long as the block lasts.

        Raises:
            ApiError: the session has as many as it may: 429.
        """
        if self._open[secret] >= MOST_STREAMS:
            message = f"This session follows {MOST_STREAMS} compositions already: close a page"
            raise ApiError(429, codes.TOO_MANY, message, {"Retry-After": "30"})
        self._open[secret] += 1
        try:
            yield
        finally:
            self._open[secret] -= 1
            if not self._open[secret]:
                del self._open[secret]


class Stream(StreamingResponse):
    """A stream of events, refused before it begins where its session has as many as it may."""

    def __init__(self, events: AsyncIterator[bytes], streams: Streams, secret: str) -> None:
        super().__init__(events, headers=_HEADERS, media_type="text/event-stream")
        self._streams = streams
        self._secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events; a stream counts from before its first byte until after its last."""
        with self._streams.one_more(self._secret):
            await super().__call__(scope, receive, send)


def progress(service: Service) -> APIRouter:
    """Return the streams."""
    router = APIRouter(include_in_schema=False, dependencies=READS)
    streams = Streams()

    @router.get("/console/compositions/{sid}/progress")
    async def follow(sid: str, request: Request) -> Response:
        found = composition_sid(sid)
        await run_in_threadpool(find_composition, service, found)
        visitor: Visitor = request.state.visitor
        return Stream(_events(service, found, visitor.secret), streams, visitor.secret)

    return router


async def _events(service: Service, sid: str, secret: str) -> AsyncIterator[bytes]:
    """Yield `changed` whenever a composition is further, and `done` once it, or the session, is."""
    shown: object = None
    began = checked = time.monotonic()
    while time.monotonic() - began < LONGEST_S and not service.ends.is_set():
        state = await run_in_threadpool(_state, service, sid)
        is_seen = True
        if time.monotonic() - checked >= SESSION_S:
            checked = time.monotonic()
            is_seen = await run_in_threadpool(_has_session, service, secret)
        if state is None or not is_seen:
            yield _event("done")
            return
        # Something has to be sent now and then, or nobody hears that the browser has gone.
        yield _event("changed") if state != shown else b":\n\n"
        shown = state
        await asyncio.sleep(LOOK_S)


def _event(name: str) -> bytes:
    return f"event: {name}\ndata: {name}\n\n".encode()


def _state(service: Service, sid: str) -> tuple[str, int] | None:
    """Return how far an open composition is; None of one that is not open any more."""
    try:
        row = find_composition(service, sid)
    except NotFound:
        return None
    return (row["status"], row["percentage_done"]) if row["status"] in OPEN else None


def _has_session(service: Service, secret: str) -> bool:
    now = datetime.now(UTC)
    found = find_session(service.database, service.account, secret, now, is_used=False)
    return found is not None
