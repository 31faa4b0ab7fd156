"""A stored file as an answer of our own, whatever store it is in: nothing leads elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from roomreel.errors import NotFound
from roomreel.model.location import ObjectLocation
from roomreel.service.media.served import ServedFile
from roomreel.storage.local import LocalStore
from roomreel.storage.port import Replaced
from roomreel.storage.stores import remote_store_of
from roomreel.web.file_answer import asked_ranges, file_answer, headers_of, is_had

# As much as is in memory for each client that reads.
_PIECE_BYTES = 2**20


def send_stored(request: Request, file: ServedFile, disposition: str) -> Response:
    """Return the answer to a GET or HEAD of a stored file, or of a range of it.

    Args:
        disposition: the header Content-Disposition.

    Raises:
        ApiError: it has none of the bytes that are asked for: 416.
        NotFound: it is another one by now.
        StorageFailed: it cannot be read.
    """
    ours = {"Content-Disposition": disposition, "Cross-Origin-Resource-Policy": "same-origin"}
    if isinstance(file.place, Path):
        try:
            opened = LocalStore().open(file.place, file.stored.version)
        except Replaced as error:
            message = "the file was replaced or removed just now"
            raise NotFound(message, "open the page again") from error
        return file_answer(request, opened, file.version, file.content_type, ours)
    headers = {**headers_of(file.version), **ours}
    if is_had(request, file.version):
        return Response(status_code=304, headers=headers)
    return _through(request, file, file.place, headers)


def _through(
    request: Request, file: ServedFile, place: ObjectLocation, headers: dict[str, str]
) -> Response:
    size = file.stored.size_bytes
    asked = asked_ranges(request, file.version, size)
    # Of several ranges all is sent, as a server may.
    is_part = asked is not None and len(asked) == 1
    start, end = asked[0] if asked is not None and is_part else (0, size)
    if is_part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    status = 206 if is_part else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=file.content_type)
    pieces = _pieces(place, file.stored.version, start, end)
    return StreamingResponse(pieces, status, headers, file.content_type)


async def _pieces(
    place: ObjectLocation, version: str, start: int, end: int
) -> AsyncIterator[bytes]:
    """Yield bytes of one version of an object; what fails on the way cuts the connection."""
    store = remote_store_of(place)
    while start < end:
        size = min(_PIECE_BYTES, end - start)
        piece = await run_in_threadpool(store.read_range, place, start, size, version)
        if not piece:
            raise Replaced(f"{place} ended before its size")
        start += len(piece)
        yield piece
