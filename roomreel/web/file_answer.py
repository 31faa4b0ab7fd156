"""A file of this machine as an answer: ranges, validators, and no script in a browser.

Starlette sends the bytes, a piece at a time, of the file that was opened and looked at, whatever
becomes of its name meanwhile. Which ranges it is asked for is decided by `ranges`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import BinaryIO

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Message, Receive, Scope, Send

from roomreel.errors import StorageFailed
from roomreel.web import codes
from roomreel.web.envelope import ApiError
from roomreel.web.ranges import Ranges, ranges_of

# A browser shows a media file in a page of its own making, with styles of its own, that loads the
# file once more, as of this origin: so these are let in. No script runs, whatever the file is.
_POLICY = (
    "sandbox allow-same-origin; default-src 'none'; media-src 'self'; img-src 'self'; "
    "style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": _POLICY,
    # Whoever has the link has the file: the pages of others may play it.
    "Cross-Origin-Resource-Policy": "cross-origin",
    # A browser that has it asks again each time, and hears when it was deleted.
    "Cache-Control": "private, no-cache",
    "Accept-Ranges": "bytes",
}
_PIECE_BYTES = 256 * 1024


def file_answer(
    request: Request, file: BinaryIO, version: str, content_type: str, headers: Mapping[str, str]
) -> Response:
    """Return the answer to a GET or HEAD of a file, or of ranges of it.

    Args:
        file: opened for this; closed by whoever sends the answer.
        version: another one when its bytes are others.
        headers: beside those of every file.

    Raises:
        ApiError: it has none of the bytes that are asked for: 416.
    """
    of_file = headers_of(version)
    if is_had(request, version):
        file.close()
        return Response(status_code=304, headers=of_file)
    try:
        ranges = asked_ranges(request, version, os.fstat(file.fileno()).st_size)
    except ApiError:
        file.close()
        raise
    return _FileAnswer(file, ranges, content_type, {**of_file, **headers})


def headers_of(version: str) -> dict[str, str]:
    """Return the headers of every answer with a file, of whatever place."""
    return {**_HEADERS, "ETag": f'"{version}"'}


class _FileAnswer(FileResponse):
    chunk_size = _PIECE_BYTES

    def __init__(
        self, file: BinaryIO, ranges: Ranges | None, content_type: str, headers: Mapping[str, str]
    ) -> None:
        # Opening this opens the same file again, with a position of its own.
        super().__init__(
            f"/dev/fd/{file.fileno()}",
            headers=headers,
            media_type=content_type,
            stat_result=os.fstat(file.fileno()),
        )
        self._file = file
        self._ranges = ranges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            whole = send if scope["method"] == "HEAD" else _whole(send)
            await super().__call__(self._asked(scope), receive, whole)

    def _asked(self, scope: Scope) -> Scope:
        """Return a request with ranges that are there, in the form that Starlette reads."""
        headers = [one for one in scope["headers"] if one[0] not in {b"range", b"if-range"}]
        if self._ranges is not None:
            asked = ",".join(f"{start}-{end - 1}" for start, end in self._ranges)
            headers.append((b"range", b"bytes=" + asked.encode()))
        return {**scope, "headers": headers}


def _whole(send: Send) -> Send:
    """Return a way to send an answer that fails before its end where it would be too short.

    The server then cuts the connection; of the end itself it would believe that it was sent, and
    the client would wait for the rest.
    """
    left = 0

    async def send_counted(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.start":
            left = int(Headers(raw=message["headers"])["content-length"])
        else:
            left -= len(message["body"])
            if left > 0 and not message.get("more_body", False):
                raise StorageFailed(f"a file became {left} bytes shorter while it was sent")
        await send(message)

    return send_counted


def asked_ranges(request: Request, version: str, size: int) -> Ranges | None:
    """Return the ranges of a file that are asked for; None where all of it is.

    Raises:
        ApiError: it has none of the bytes that are asked for: 416.
    """
    given = request.headers.getlist("range")
    condition = request.headers.getlist("if-range")
    if request.method != "GET" or len(given) != 1 or condition not in ([], [f'"{version}"']):
        return None
    found = ranges_of(given[0], size)
    if found == []:
        message = f"The file has {size} bytes, and none of those that the header Range asks for"
        raise ApiError(416, codes.NO_SUCH_RANGE, message, {"Content-Range": f"bytes */{size}"})
    return found


def is_had(request: Request, version: str) -> bool:
    """Return whether a client has this version: If-None-Match lists it, compared weakly, or any."""
    given = ",".join(request.headers.getlist("if-none-match")).split(",")
    return any(one.strip().removeprefix("W/") in {f'"{version}"', "*"} for one in given)
