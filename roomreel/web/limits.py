"""The size of requests and the time that they have: the usual ones, and those of uploads."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Scope

from roomreel.documents.text import SIZE_LIMIT_BYTES
from roomreel.model.images import LARGEST_BYTES
from roomreel.settings.serving import Serving
from roomreel.web.forms import BODY_LIMIT_BYTES

_MANIFEST = re.compile(r"/v1/Rooms/[^/]+/Manifest")
_MEDIUM = re.compile(r"/v1/Rooms/[^/]+/Recordings/[^/]+/Media")
_AVATAR = re.compile(r"/v1/Rooms/[^/]+/Participants/[^/]+/Avatar")


@dataclass(frozen=True, slots=True)
class Limits:
    """The size of a request, and the time that it has.

    Attributes:
        body_bytes: of its body.
        timeout_s: until it has arrived, and until its answer begins; None: as long as the
            operation lets it take.
    """

    body_bytes: int = BODY_LIMIT_BYTES
    timeout_s: float | None = 30


LimitsOf = Callable[[Scope], Limits]


def limits_of(settings: Serving) -> LimitsOf:
    """Return what says which limits a request has."""
    usual = Limits(timeout_s=settings.request_timeout_s)
    manifest = Limits(SIZE_LIMIT_BYTES, settings.request_timeout_s)
    medium = Limits(settings.upload_limit_bytes, None)
    avatar = Limits(min(LARGEST_BYTES, settings.upload_limit_bytes), None)

    def find(scope: Scope) -> Limits:
        if scope["method"] != "PUT":
            return usual
        if _MEDIUM.fullmatch(scope["path"]):
            return medium
        if _AVATAR.fullmatch(scope["path"]):
            return avatar
        return manifest if _MANIFEST.fullmatch(scope["path"]) else usual

    return find
