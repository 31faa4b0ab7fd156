"""Bodies of requests that are no forms: a document whole, or a media file as it comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import Request
from starlette.requests import ClientDisconnect

from roomreel.web import codes
from roomreel.web.envelope import ApiError

AT_ONCE_BYTES = 2**20


async def read_document(request: Request, most_bytes: int) -> bytes:
    """Return the body of a request.

    Raises:
        ApiError: it is larger than it may be, or ends before its end.
    """
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most_bytes:
                message = f"The body has at most {most_bytes} bytes"
                raise ApiError(413, codes.TOO_LARGE, message, {"Connection": "close"})
    except ClientDisconnect as error:
        raise _half_sent() from error
    return bytes(body)


async def pieces_of(request: Request, idle_s: float) -> AsyncIterator[list[bytes]]:
    """Yield the body of a request as it comes, in lists of about a MiB: nothing is copied.

    Args:
        idle_s: in which something has to come.

    Raises:
        ApiError: nothing came for so long, or it ended before its end.
    """
    stream = request.stream()
    piece: list[bytes] = []
    size = 0
    while True:
        try:
            async with asyncio.timeout(idle_s):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            message = f"Nothing came for {idle_s:g} s"
            raise ApiError(408, codes.TOO_SLOW, message, {"Connection": "close"}) from error
        except ClientDisconnect as error:
            raise _half_sent() from error
        if chunk is None:
            break
        piece.append(chunk)
        size += len(chunk)
        if size >= AT_ONCE_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _half_sent() -> ApiError:
    # Nobody is there to read it; the access log has it.
    return ApiError(400, codes.INVALID, "The request ended before its body did")
