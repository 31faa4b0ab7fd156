"""All pages, for the application."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from roomreel.service.service import Service
from roomreel.web.callers import SignIn
from roomreel.web.console.callbacks import callbacks
from roomreel.web.console.composition import composition
from roomreel.web.console.deletions import deletions
from roomreel.web.console.entry import entry
from roomreel.web.console.failures import is_page, show_failure
from roomreel.web.console.files import files
from roomreel.web.console.hooks import hooks
from roomreel.web.console.logs import logs
from roomreel.web.console.pages import HOME, PAGES
from roomreel.web.console.plans import plans
from roomreel.web.console.progress import progress
from roomreel.web.console.recording import recording
from roomreel.web.console.rooms import rooms
from roomreel.web.console.static_files import add_static_files
from roomreel.web.console.usage import usage
from roomreel.web.console.visitors import Console
from roomreel.web.envelope import ApiError, Show, in_envelope

_OF_SERVICE = (
    logs,
    deletions,
    files,
    progress,
    plans,
    composition,
    recording,
    rooms,
    hooks,
    callbacks,
    usage,
)
"""Routers of pages: a new page is a function here, and a row of `pages.PAGES`."""


def add_console(app: FastAPI, service: Service, sign_in: SignIn) -> None:
    """Add the pages to the application of the service."""
    app.state.console = Console(service, sign_in, service.url.startswith("https:"))
    app.include_router(_ways_in())
    app.include_router(entry())
    for pages in _OF_SERVICE:
        app.include_router(pages(service))


def by_face(service_url: str) -> Show:
    """Return what answers errors: of the console by a page, of the API in its envelope."""
    envelope = in_envelope(service_url)

    def show(error: ApiError, scope: Scope) -> Response:
        return (show_failure if is_page(scope["path"]) else envelope)(error, scope)

    return show


def _ways_in() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    @router.get(HOME)
    @router.get(f"{HOME}/")
    async def home() -> Response:
        return RedirectResponse(PAGES[0][0], 303)

    add_static_files(router)
    return router
