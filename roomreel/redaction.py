"""Text without secrets: passwords, signatures, tokens, private keys.

Rather too much is hidden than too little. Each pattern begins at a fixed word, and what may repeat
in it gives nothing back, so that the time is linear in any text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from roomreel.errors import RoomreelError

E = TypeVar("E", bound=RoomreelError)

_HIDDEN = "[hidden]"
# Libraries take secrets from these; a message may quote one.
_VARIABLES = (
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "PREFECT_API_AUTH_STRING",
    "PREFECT_API_KEY",
    "PREFECT_SERVER_API_AUTH_STRING",
    "PREFECT_SERVER_DATABASE_CONNECTION_URL",
    "ROOMREEL_ACCOUNT",
    "ROOMREEL_PRIVATE_KEY_PASSPHRASE",
)
# A shorter one would be found in the middle of common words.
_SHORTEST = 4
_SECRETS = re.compile(
    r"""
      # presigned URLs
      (?P<query> [?&] (?: X-Amz-[A-Za-z-]++ | AWSAccessKeyId | Signature | Expires | token | sig
        | key | password ) = ) [^&\s'"<>]++
    | (?P<header> Authorization \b \\? ["']? \s{0,8} [:=] \s{0,8} ) [^\r\n]++
    | (?P<bearer> \b Bearer \s{1,8} ) \S++
      # password: ..., aws_secret_access_key=..., {"token": "..."}
    | (?P<named> (?: passw(?:or)?d | passphrase | pwd | secret | token | credential | signature
        | api[_-]?key ) [\w.-]{0,40} \\? ["']? \s{0,8} [:=] \s{0,8} )
        (?: (?: "(?:[^"\\]|\\.)*+" | '(?:[^'\\]|\\.)*+' ) (?= [\s,;)}\]] | \Z ) | \S++ )
    | (?P<pem> -----BEGIN\ [A-Z\ ]{0,40}PRIVATE\ KEY----- )
        .*? (?: -----END\ [A-Z\ ]{1,40}----- | \Z )
    | (?P<age> AGE-SECRET-KEY- ) [0-9A-Z-]++
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_RUN = re.compile(r"\S++")


def redacted(text: str) -> str:
    """Return the text without signatures, credentials and private keys."""
    for name in _VARIABLES:
        secret = os.environ.get(name, "")
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, _HIDDEN)
    if "://" in text:
        text = _RUN.sub(lambda run: _without_user(run[0]), text)
    return _SECRETS.sub(_without_secret, text)


def redacted_value(value: Any) -> Any:
    """Return a JSON value with its texts redacted, and those that are secret by their names."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {redacted(name): _redacted_member(name, one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_value(one) for one in value]
    return value


def _redacted_member(name: str, value: Any) -> Any:
    is_secret = isinstance(value, str) and _SECRETS.search(f"{name}=x")
    return _HIDDEN if is_secret else redacted_value(value)


def redacted_error(error: E) -> E:
    """Return the error with its texts redacted: message, remedy, and those of its violations."""
    # An error is made of its arguments, which is also how it crosses a process boundary.
    clean = type(error)(*_redacted_texts(error.args))
    clean.__cause__ = error.__cause__
    return clean.with_traceback(error.__traceback__)


def _redacted_texts(value: Any) -> Any:
    if type(value) is str:  # the member of an enumeration is a name of ours
        return redacted(value)
    if isinstance(value, tuple):
        return tuple(map(_redacted_texts, value))
    if is_dataclass(value) and not isinstance(value, type):
        texts = {one.name: _redacted_texts(getattr(value, one.name)) for one in fields(value)}
        return replace(value, **texts)
    return value


def _without_secret(match: re.Match[str]) -> str:
    kept = next(text for text in match.groupdict().values() if text is not None)
    return f"{kept}{_HIDDEN}"


def _without_user(run: str) -> str:
    """Return what stands between blanks, its URLs without user and password.

    A password in a URL should not hold `/` and `@`, and does. So where a user is separated from a
    password, everything to the last `@` counts as theirs.
    """
    parts: list[str] = []
    shown_from = found = 0
    last = run.rfind("@")
    while 3 <= (begin := run.find("://", found) + 3) <= last:
        slash = run.find("/", begin)
        authority = run[begin:] if slash < 0 else run[begin:slash]
        end = last if ":" in authority else begin + authority.rfind("@")
        if end >= begin:
            parts += [run[shown_from:begin], _HIDDEN]
            shown_from = end
        found = max(begin, end)
    return "".join([*parts, run[shown_from:]])
