"""Parameters of a request: of its form, in either encoding that clients use, or of its query.

All of a form is read before any of it counts, within limits that hold without a Content-Length,
too. A parameter that cannot be used is named in the error.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, Headers
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from roomreel.documents import text as json_text
from roomreel.documents.findings import pointer, value_text
from roomreel.text import counted, shortened
from roomreel.web import codes
from roomreel.web.envelope import ApiError, invalid

# A layout of 100 regions takes 30 kB, a list of 500 recordings 25 kB; the longest template that
# makes sense fits several times over.
BODY_LIMIT_BYTES = 1024 * 1024
VALUE_LIMIT_BYTES = 256 * 1024
# AudioSources is repeated for each recording, and a room may have 500 of them.
MOST_PARAMETERS = 2000
# The longest of the hosted service's has 28 characters.
NAME_LIMIT = 100
_FINDINGS_SHOWN = 20

_URLENCODED = b"application/x-www-form-urlencoded"
_MULTIPART = b"multipart/form-data"
_TRUE_AND_FALSE = {"true": True, "false": False}


class Form:
    """Parameters by name, each with its values in the order in which they came."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    @property
    def names(self) -> list[str]:
        """The names of the parameters that were given."""
        return [*self._values]

    def all(self, name: str) -> list[str]:
        """Return the values of a parameter; none where it was not given."""
        return [*self._values.get(name, ())]

    def one(self, name: str) -> str | None:
        """Return the value of a parameter; None where it was not given.

        Raises:
            ApiError: it was given several times.
        """
        values = self._values.get(name, [])
        if len(values) > 1:
            raise invalid(name, f"was given {len(values)} times, and has one value")
        return values[0] if values else None

    def flag(self, name: str, default: bool) -> bool:
        """Return whether a parameter is true; it is true or false, in any case.

        Raises:
            ApiError: it is something else.
        """
        value = self.one(name)
        if value is None:
            return default
        if value.lower() not in _TRUE_AND_FALSE:
            raise invalid(name, f"is true or false, not {value_text(value)}")
        return _TRUE_AND_FALSE[value.lower()]

    def choice(self, name: str, allowed: Sequence[str]) -> str | None:
        """Return the value of a parameter that has one of a few; None where it was not given.

        Raises:
            ApiError: it is none of them.
        """
        value = self.one(name)
        if value is not None and value not in allowed:
            raise invalid(name, f"is one of {', '.join(allowed)}, not {value_text(value)}")
        return value

    def document(self, name: str) -> Any:
        """Return the JSON value of a parameter; None where it was not given.

        Raises:
            ApiError: it is not JSON (RFC 8259), repeats a key, nests too deep, or has values that
                cannot be kept.
        """
        value = self.one(name)
        if value is None:
            return None
        read = json_text.read(value.encode())
        if read.findings:
            shown = (
                f"{pointer(one.path) or 'the whole'}: expected {one.expected}, found {one.found}"
                for one in read.findings[:_FINDINGS_SHOWN]
            )
            raise invalid(name, f"is no JSON that can be used: {'; '.join(shown)}")
        return read.value


async def read_form(request: Request, *of_query: str) -> Form:
    """Read the parameters in the body of a request; a request without a body has none.

    What is empty is not given, as for the hosted service: clients send it for what they leave
    unset. A filter of a list is in a query, and does not become wider so.

    Args:
        of_query: names of parameters that are taken from the query, too.

    Raises:
        ApiError: the body is too large, of another content type, or no form; a parameter is a
            file, too long, or no text in UTF-8.
    """
    pairs = await _of_body(request)
    if of_query:
        query = read_query(request)
        pairs += [(name, value) for name in of_query for value in query.all(name)]
    return Form([(name, value) for name, value in pairs if value])


def read_query(request: Request) -> Form:
    """Read the parameters in the query of a request.

    Raises:
        ApiError: it is no query; a parameter is too long, or no text in UTF-8.
    """
    return Form(_checked(_of_urlencoded(request.scope.get("query_string", b""))))


async def _of_body(request: Request) -> list[tuple[str, str]]:
    body = await _read_body(request)
    if not body:
        return []
    kinds = request.headers.getlist("content-type")
    # Two are not one form: what a proxy has looked at may be the other one.
    kind, options = parse_options_header(kinds[0] if len(kinds) == 1 else None)
    if options.get(b"charset", b"utf-8").lower() not in {b"utf-8", b"utf8"}:
        raise ApiError(415, codes.UNKNOWN_CONTENT_TYPE, "The charset of a form is UTF-8")
    if kind == _URLENCODED:
        return _checked(_of_urlencoded(body))
    if kind == _MULTIPART:
        return _checked(await _of_multipart(request.headers, body))
    found = shortened(kind.decode("latin-1")) or "of no type"
    message = f"The body is {_URLENCODED.decode()} or {_MULTIPART.decode()}, not {found}"
    raise ApiError(415, codes.UNKNOWN_CONTENT_TYPE, message)


async def _read_body(request: Request) -> bytes:
    """Return the body, which is no longer than a form may be, whatever its Content-Length says."""
    body = bytearray()
    with suppress(ClientDisconnect):  # nobody is there to get an answer
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT_BYTES:
                raise ApiError(
                    413, codes.TOO_LARGE, f"The body has at most {BODY_LIMIT_BYTES} bytes"
                )
        return bytes(body)
    raise ApiError(400, codes.INVALID, "The body ends before its end")


def _of_urlencoded(body: bytes) -> list[tuple[str, str]]:
    try:
        # Not all clients escape what is beyond ASCII.
        return parse_qsl(
            body.decode(),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except UnicodeDecodeError as error:
        _refuse_encoding(error)
    except ValueError as error:
        raise _too_many() from error


async def _of_multipart(headers: Headers, body: bytes) -> list[tuple[str, str]]:
    # Boundaries are ASCII, so the parts are in UTF-8 if the whole is. The parser would take what is
    # not for Latin-1.
    try:
        body.decode()
    except UnicodeDecodeError as error:
        _refuse_encoding(error)
    parser = MultiPartParser(
        headers,
        _at_once(body),
        max_files=MOST_PARAMETERS,
        max_fields=MOST_PARAMETERS,
        max_part_size=VALUE_LIMIT_BYTES,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise ApiError(400, codes.INVALID, f"The form is malformed: {error.message}") from error
    try:
        return _without_files(form)
    finally:
        await form.close()


async def _at_once(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


def _without_files(form: FormData) -> list[tuple[str, str]]:
    pairs = []
    for name, value in form.multi_items():
        if not isinstance(value, str):
            raise invalid(name, "is a file, and has to be text")
        pairs.append((name, value))
    return pairs


def _checked(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return parameters whose names and values can be kept and shown."""
    if len(pairs) > MOST_PARAMETERS:
        raise _too_many()
    for name, value in pairs:
        if len(name) > NAME_LIMIT:
            raise ApiError(
                400, codes.INVALID, f"A parameter has a name of {counted(len(name), 'character')}"
            )
        if "\0" in name or "\0" in value:
            raise invalid(name, "has a NUL character in it")
        if len(value.encode()) > VALUE_LIMIT_BYTES:
            raise invalid(name, f"is longer than {VALUE_LIMIT_BYTES} bytes")
    return pairs


def _too_many() -> ApiError:
    return ApiError(400, codes.INVALID, f"There are more than {MOST_PARAMETERS} parameters")


def _refuse_encoding(error: UnicodeDecodeError) -> NoReturn:
    found = f"byte 0x{error.object[error.start]:02x}"
    raise ApiError(
        400, codes.INVALID, f"Parameters are text in UTF-8, which {found} is not"
    ) from error
