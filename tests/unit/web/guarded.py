"""An application behind the guard, and what it sends by ASGI alone."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response, StreamingResponse

from roomreel.settings import Settings
from roomreel.web.envelope import add_error_handlers, in_envelope
from roomreel.web.forms import read_form
from roomreel.web.guard import add_guard
from roomreel.web.site import site_of

URL = "https://api.example.org"


FORM = {"content-type": "application/x-www-form-urlencoded"}


def app_of(**given: Any) -> FastAPI:
    """An application behind the guard, as `serve` makes it."""
    settings = Settings(**given)
    site = site_of(settings, "127.0.0.1", 8765)
    app = FastAPI()
    add_error_handlers(app, in_envelope(site.url))
    app.state.changes = []

    @app.get("/healthz")
    async def healthz() -> str:
        return "ok"

    @app.get("/things")
    @app.post("/things")
    @app.put("/things")
    @app.delete("/things")
    async def things(request: Request) -> list[str]:
        form = await read_form(request)
        app.state.changes.append(request.method)
        request.state.caller = "SK1"
        return form.names

    @app.get("/who")
    async def who(request: Request) -> str:
        return request.client.host if request.client else ""

    @app.get("/media")
    async def media() -> Response:
        headers = {"Cache-Control": "private", "content-security-policy": "sandbox"}
        return Response(b"x", headers=headers)

    add_failures(app)
    add_guard(app, site, settings)
    return app


def add_failures(app: FastAPI) -> None:
    @app.get("/fail")
    async def fail() -> None:
        raise KeyError("password=hunter2secret")

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def body() -> Any:
            yield b"half"
            raise KeyError

        return StreamingResponse(body())

    @app.get("/slow")
    async def slow() -> None:
        await asyncio.sleep(60)

    @app.get("/slow-thread")
    def slow_thread() -> None:
        time.sleep(1.5)

    @app.get("/long")
    async def long() -> StreamingResponse:
        async def body() -> Any:
            for _ in range(4):
                yield b"x"
                await asyncio.sleep(0.1)

        return StreamingResponse(body())


def code(answer: Any) -> tuple[int, int]:
    return answer.status_code, answer.json()["code"]


def call(app: FastAPI, scope: dict[str, Any], receive: Any) -> list[dict[str, Any]]:
    """What an application sends by ASGI alone."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    usual = {"type": "http", "http_version": "1.1", "method": "GET", "path": "/", "scheme": "https"}
    given = {"query_string": b"", "client": None, "server": ("127.0.0.1", 1), "root_path": ""}
    headers = [(b"host", b"api.example.org"), *scope.pop("headers", [])]
    asyncio.run(app({**usual, **given, **scope, "headers": headers}, receive, send))
    return sent
