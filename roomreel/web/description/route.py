"""The description, for whoever asks."""

from __future__ import annotations

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from roomreel.service.service import Service
from roomreel.web.answers import JSON
from roomreel.web.description.document import describe

PATH = "/openapi.json"


def description(service: Service) -> APIRouter:
    """Return the operation that answers the description; it needs no key."""
    router = APIRouter(include_in_schema=False)
    document = orjson.dumps(describe(service.url))

    @router.get(PATH)
    async def fetch() -> Response:
        """Fetch the description of the API."""
        return Response(document, media_type=JSON)

    return router
