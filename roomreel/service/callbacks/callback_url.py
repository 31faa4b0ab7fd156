"""URLs of receivers: what is sent where, and what their fragments ask for. Pure.

A fragment is never sent: it has overrides of time limits and retries, as on the hosted service.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from roomreel.errors import CallbackRefused

LONGEST = 4096
"""Characters of a URL; the API takes fewer."""

_USUAL_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_REMEDY = "give an http or https URL that this service can reach"
# Whatever a parser would leave out, or take for something else.
_UNFIT = re.compile(r"[\x00-\x20\x7f-\x9f\\]")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")
_LONGEST_NAME = 253
# What a URL may have as it is; all else is escaped, and escapes stay.
_SAFE = "/?:@!$&'()*+,;=-._~%[]"
CONDITIONS = frozenset({"4xx", "5xx", "ct", "rt", "all"})
_LIMITS: Mapping[str, tuple[int, int]] = {
    "ct": (100, 10_000),
    "rt": (100, 15_000),
    "tt": (100, 15_000),
    "rc": (0, 5),
}


@dataclass(frozen=True, slots=True)
class Overrides:
    """Time limits of one try, and the retries that a URL asks for.

    Attributes:
        connect_ms, read_ms, total_ms: limits.
        retries: how many; None: as the service is set.
        conditions: on which: `4xx`, `5xx`, `ct` (no connection), `rt` (no answer in time), `all`.
    """

    connect_ms: int = 5000
    read_ms: int = 15_000
    total_ms: int = 15_000
    retries: int | None = None
    conditions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver, as it is connected to.

    Attributes:
        host: a name in ASCII, or an address, without brackets.
        port: as it is written; None: the usual one.
        path: with the query; begins with `/`.
        authorization: header of the user that the URL names, or "".
    """

    scheme: str
    host: str
    port: int | None
    path: str
    authorization: str = field(default="", repr=False)
    overrides: Overrides = Overrides()

    @property
    def connect_port(self) -> int:
        """The port to connect to."""
        return self.port or _USUAL_PORTS[self.scheme]

    @property
    def host_header(self) -> str:
        """The value of the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL as the receiver sees it: without user and fragment."""
        return f"{self.scheme}://{self.host_header}{self.path}"


def parse_target(url: str) -> Target:
    """Return the receiver of a URL.

    Raises:
        CallbackRefused: it is no URL that anything can be sent to.
    """
    if len(url) > LONGEST or _UNFIT.search(url):
        raise CallbackRefused("it has characters that no URL has, or too many of them", _REMEDY)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise CallbackRefused("it is no URL", _REMEDY) from error
    if parts.scheme not in _USUAL_PORTS:
        raise CallbackRefused("it begins with neither http:// nor https://", _REMEDY)
    if port == 0:
        raise CallbackRefused("its port is 0", _REMEDY)
    path = quote(parts.path or "/", safe=_SAFE)
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    authorization = _authorization(parts)
    return Target(
        parts.scheme,
        _host(parts),
        port,
        path + query,
        authorization,
        parse_overrides(parts.fragment),
    )


def parse_overrides(fragment: str) -> Overrides:
    """Return what a fragment asks for; what it says wrongly is as if it were not said."""
    given = dict(parse_qsl(fragment))
    usual = Overrides()
    retries = _number(given.get("rc"), *_LIMITS["rc"])
    named = frozenset(given.get("rp", "").lower().split(",")) & CONDITIONS
    if named and retries is None:
        retries = 1
    return Overrides(
        _number(given.get("ct"), *_LIMITS["ct"]) or usual.connect_ms,
        _number(given.get("rt"), *_LIMITS["rt"]) or usual.read_ms,
        _number(given.get("tt"), *_LIMITS["tt"]) or usual.total_ms,
        retries,
        named or frozenset({"ct"}) if retries is not None else frozenset(),
    )


def odd_overrides(url: str) -> Iterator[str]:
    """Yield what is wrong with the overrides of a URL, in words; sent, it would be passed over."""
    for name, value in parse_qsl(url.partition("#")[2], keep_blank_values=True):
        if name in _LIMITS:
            least, most = _LIMITS[name]
            if _number(value, 0, 10**9) not in range(least, most + 1):
                yield f"{name} is a number from {least} to {most}"
        elif name == "rp" and not {*value.lower().split(",")} <= CONDITIONS:
            yield f"rp is some of {', '.join(sorted(CONDITIONS))}, with commas between them"


def _number(text: str | None, least: int, most: int) -> int | None:
    """Return a number, brought to its limits; None where there is none."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return min(max(int(text), least), most)


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if parts.netloc.rpartition("@")[2].startswith("["):
        return host
    try:
        name = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise CallbackRefused("its host is no name that there can be", _REMEDY) from error
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise CallbackRefused("its host is no name that there can be", _REMEDY)
    return name


def _authorization(parts: SplitResult) -> str:
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {b64encode(pair.encode()).decode()}"
