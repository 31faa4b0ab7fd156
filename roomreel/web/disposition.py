"""The header Content-Disposition (RFC 6266) of a download, also as a client wants it.

A client says the header of an answer that others may get, so what it says is read, checked and
written again: nothing of it goes into a header as it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

from roomreel.web.envelope import ApiError, invalid

PARAMETER = "ContentDisposition"

# A file system takes 255 bytes; a browser adds to the name where there is a file of it.
_LONGEST_NAME_BYTES = 200
# Four bytes a character, three characters a byte, and the words around them.
_LONGEST = 3 * _LONGEST_NAME_BYTES + 100

_KIND = re.compile(r"\s*(attachment|inline)\s*", re.IGNORECASE)
_OPTION = re.compile(
    r"""
    ; \s* (?P<name> filename\*? ) \s* = \s*
    (?: " (?P<quoted> (?: [^"\\] | \\. )*+ ) " | (?P<token> [^\s;,"\\]++ ) ) \s*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_EXTENDED = re.compile(
    r"utf-8'[A-Za-z0-9-]*'((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-Fa-f]{2})*+)", re.IGNORECASE
)
# A percent sign is taken for an escape by some browsers.
_NOT_PLAIN = re.compile(r'[^ -~]|["\\%]')
_IN_PATHS = re.compile(r"[/\\:]")


@dataclass(frozen=True, slots=True)
class Disposition:
    """The way a browser takes a file: to show or to save it, and under which name.

    Attributes:
        kind: attachment or inline.
        name: of the file, any printable characters but those of paths.
    """

    kind: str
    name: str

    @property
    def header(self) -> str:
        """The value of the header: ASCII, with the name in UTF-8 beside it where it needs that."""
        plain = _NOT_PLAIN.sub("_", self.name)
        extended = "" if plain == self.name else f"; filename*=UTF-8''{quote(self.name, safe='')}"
        return f'{self.kind}; filename="{plain}"{extended}'


def parse_disposition(text: str | None, name: str) -> Disposition:
    """Return what a client wants; by default to save the file.

    Args:
        text: the parameter: `attachment` or `inline`, with a filename or without; None where it
            was not given.
        name: of the file where the client gives none.

    Raises:
        ApiError: it says something else, or a name that is no name of a file.
    """
    if text is None:
        return Disposition("attachment", name)
    kind = _KIND.match(text)
    if kind is None or len(text) > _LONGEST:
        raise _invalid("is attachment or inline, with a filename or without")
    options = dict(_options(text[kind.end() :]))
    given = options.get("filename*", options.get("filename"))
    if given is None:
        return Disposition(kind[1].lower(), name)
    # Not all systems have names that end with a blank.
    given = given.strip()
    _refuse_unfit(given)
    return Disposition(kind[1].lower(), given)


def _options(text: str) -> Iterator[tuple[str, str]]:
    """Yield each filename that is given.

    Raises:
        ApiError: there is something else, or one of them twice.
    """
    position, seen = 0, set()
    while position < len(text):
        option = _OPTION.match(text, position)
        if option is None:
            raise _invalid('is like: attachment; filename="name.mp4"')
        name = option["name"].lower()
        if name in seen:
            raise _invalid(f"has {name} twice")
        seen.add(name)
        value = option["token"] or re.sub(r"\\(.)", r"\1", option["quoted"] or "")
        yield name, _decoded(value) if name == "filename*" else value
        position = option.end()


def _decoded(value: str) -> str:
    match = _EXTENDED.fullmatch(value)
    try:
        if match is not None:
            return unquote(match[1], errors="strict")
    except UnicodeDecodeError:
        pass
    raise _invalid("has a filename* that is not UTF-8''name, percent-encoded")


def _refuse_unfit(name: str) -> None:
    if not name.isprintable() or _IN_PATHS.search(name) or name.startswith(".") or not name:
        raise _invalid("has a filename that is no name of a file")
    if len(name.encode()) > _LONGEST_NAME_BYTES:
        raise _invalid(f"has a filename of more than {_LONGEST_NAME_BYTES} bytes")


def _invalid(problem: str) -> ApiError:
    return invalid(PARAMETER, problem)
