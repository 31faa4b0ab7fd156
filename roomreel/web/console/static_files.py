"""Scripts and styles of the package, which browsers keep for good."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

PATH = "/console/static"
_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# The URL of another version is another one.
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def static_files() -> Mapping[str, bytes]:
    """Return the files by name."""
    folder = resources.files("roomreel.web.console") / "static"
    return {
        file.name: file.read_bytes()
        for file in sorted(folder.iterdir(), key=lambda one: one.name)
        if _type_of(file.name)
    }


@cache
def version() -> str:
    """Return a digest of all of them: modules find one another by relative names."""
    digest = hashlib.sha256()
    for name, content in static_files().items():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def static_url(name: str) -> str:
    """Return the path of a file.

    Raises:
        KeyError: there is none of this name.
    """
    static_files()[name]
    return f"{PATH}/{version()}/{name}"


def add_static_files(router: APIRouter) -> None:
    """Have a router answer them, whoever asks: there is no secret in one."""

    @router.get(PATH + "/{of}/{name}")
    async def static(of: str, name: str) -> Response:
        content = static_files().get(name)
        if content is None:
            raise HTTPException(404)
        headers = _KEPT if of == version() else {}
        return Response(content, headers=headers, media_type=_type_of(name))


def _type_of(name: str) -> str | None:
    return _TYPES.get(name[name.rfind(".") :])
