"""The application: every face of the service by HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from starlette.concurrency import run_in_threadpool

from roomreel import __version__
from roomreel.service.access.callers import Callers
from roomreel.service.service import Service
from roomreel.web.arrivals import arrivals
from roomreel.web.callbacks import callbacks
from roomreel.web.callers import SignIn
from roomreel.web.compositions import compositions
from roomreel.web.console.console import add_console, by_face
from roomreel.web.description.route import description
from roomreel.web.elsewhere import elsewhere
from roomreel.web.envelope import add_error_handlers
from roomreel.web.guard import add_guard
from roomreel.web.health import health
from roomreel.web.hooks import hooks
from roomreel.web.media import media
from roomreel.web.metrics import metrics
from roomreel.web.recordings import recordings
from roomreel.web.request_counts import Requests
from roomreel.web.rooms import rooms
from roomreel.web.rules import rules
from roomreel.web.site import Site
from roomreel.web.storage_settings import storage_settings


def make_app(service: Service, site: Site) -> FastAPI:
    """Return the application of an instance of the service.

    Args:
        site: as clients see it.
    """
    callers = Callers(service.database, service.current_account)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(callers.close)

    app = FastAPI(
        title="roomreel",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # To where the Host of a request says, by a path that is none of ours.
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.sign_in = SignIn(callers, service.settings)
    show = by_face(service.url)
    add_error_handlers(app, show)
    rooms_of = (rooms, rules, arrivals, recordings)
    of_ours = (health, description, callbacks)
    known = (compositions, hooks, *rooms_of, media, storage_settings)
    for operations in (*of_ours, *known, elsewhere):
        app.include_router(operations(service))
    add_console(app, service, app.state.sign_in)
    registry = CollectorRegistry()
    app.include_router(metrics(service, registry))
    add_guard(app, site, service.settings, Requests(registry), show)
    return app
