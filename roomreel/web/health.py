"""Health of an instance, for balancers and monitoring."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import text
from starlette.responses import PlainTextResponse, Response

from roomreel.service.service import Service
from roomreel.web import codes
from roomreel.web.envelope import ApiError


def health(service: Service) -> APIRouter:
    """Return the operations on the health of an instance; they need no key."""
    router = APIRouter(tags=["Health"])

    @router.get("/healthz")
    async def is_alive() -> Response:
        """Say that the instance lives."""
        return PlainTextResponse("ok")

    @router.get("/readyz")
    def is_ready() -> Response:
        """Say whether requests may be sent here: the database answers, and lists are complete."""
        if not service.is_ready:
            message = "Catalogs and manifests are looked at for the first time"
            raise ApiError(503, codes.UNAVAILABLE, message, {"Retry-After": "2"})
        with service.database.read() as connection:
            connection.execute(text("SELECT 1"))
        return PlainTextResponse("ok")

    return router
