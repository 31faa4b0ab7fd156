"""The service as browsers see it: its hosts and origins, and what its answers let them do.

A browser sends the Basic credentials that it remembers with whatever page of whatever site makes it
send, and believes any host name that leads here. So the service answers for names of its own alone,
and what changes something comes from no other site's page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from starlette.datastructures import Headers

from roomreel.errors import SettingsInvalid
from roomreel.settings.kinds import origin_of
from roomreel.settings.serving import Serving
from roomreel.text import shortened
from roomreel.web import codes
from roomreel.web.envelope import ApiError

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(?::[0-9]{1,5})?")
# Whoever asks whether the service lives, such as a balancer, knows it by its address.
_ANY_HOST = frozenset({"/healthz"})
# Programs of this machine know it by no other name; pages of others have none of these.
_LOCAL_TOO = frozenset({"/metrics", "/readyz"})
_CHANGES_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})
# "none" is a person, who typed an address.
_OWN_SITE = frozenset({"same-origin", "none"})
_YEAR_S = 365 * 24 * 3600

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}
"""Headers of answers that do not have one of the name: right for JSON, which no page shows."""


@dataclass(frozen=True, slots=True)
class Site:
    """The URL of the service, and what is answered.

    Attributes:
        url: what URLs in replies begin with, without a slash at its end.
        hosts: names that requests may name, in lower case, without ports.
        origin: of pages of the service; None where it is that of the host that a request names.
        others: origins of pages of others that may use the API.
    """

    url: str
    hosts: frozenset[str]
    origin: str | None = None
    others: frozenset[str] = field(default_factory=frozenset)

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """Headers of every answer that does not have one of the name."""
        secure = {"Strict-Transport-Security": f"max-age={_YEAR_S}"}
        named = _HEADERS | (secure if self.url.startswith("https:") else {})
        return [(name.lower().encode(), value.encode()) for name, value in named.items()]

    def refuse_host(self, path: str, headers: Headers) -> None:
        """Refuse a request for another host.

        Raises:
            ApiError: it is for another one (421), or for none, or several (400).
        """
        if path in _ANY_HOST:
            return
        named = headers.getlist("host")
        match = _HOST.fullmatch(named[0].lower()) if len(named) == 1 else None
        if match is None:
            raise ApiError(400, codes.INVALID, "The header Host is missing, or names no host")
        name = match[1].removesuffix(".")
        if name not in self.hosts and not (path in _LOCAL_TOO and name in _LOOPBACK):
            message = f"This service does not answer for the host {shortened(named[0])}"
            raise ApiError(421, codes.WRONG_HOST, message)

    def refuse_other_site(self, method: str, scheme: str, headers: Headers) -> None:
        """Refuse a change that the page of another site has the browser send.

        Args:
            scheme: by which the request came.
            headers: of a request whose host is one of ours.

        Raises:
            ApiError: it is from another site: 403.
        """
        if method in _CHANGES_NOTHING:
            return
        origins = headers.getlist("origin")
        if origins and self.others.issuperset(origins):
            return
        own = self.origin or origin_of(f"{scheme}://{headers.get('host', '')}")
        if own is None or any(origin_of(one) != own for one in origins):
            raise _other_site()
        if not _OWN_SITE.issuperset(headers.getlist("sec-fetch-site")):
            raise _other_site()


def site_of(settings: Serving, host: str, port: int, scheme: str = "http") -> Site:
    """Return the site that the settings say, where it listens on a host and port.

    Args:
        host: a name or an address.
        scheme: https where it has a certificate.

    Raises:
        SettingsInvalid: clients cannot name the host of service_url as it is written.
    """
    others = frozenset(settings.cors_origins)
    if settings.service_url is not None:
        url = settings.service_url.rstrip("/")
        origin = origin_of(url)
        if origin is None or not _host_of(origin):
            raise SettingsInvalid(
                f"service_url: {shortened(url)} has no host that a request can name",
                "write its name in ASCII, such as xn--mller-kva.example, and no port but a number",
            )
        return Site(url, frozenset({_host_of(origin)}), origin, others)
    bracketed = f"[{host}]" if ":" in host else host
    url = origin_of(f"{scheme}://{bracketed}:{port}") or f"{scheme}://{bracketed}:{port}"
    return Site(url, frozenset({_host_of(url), *_LOOPBACK}), None, others)


def _host_of(origin: str) -> str:
    match = _HOST.fullmatch(origin.lower().partition("://")[2])
    return match[1] if match else ""


def _other_site() -> ApiError:
    return ApiError(403, codes.FORBIDDEN, "The page of another site has sent this request")
