"""Whoever calls: HTTP Basic, scopes, and limits of how often, as a dependency of FastAPI."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Awaitable, Callable
from functools import cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated

from fastapi import Depends, Security
from fastapi.openapi.models import HTTPBase
from fastapi.security.base import SecurityBase
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from roomreel.service.access.callers import Caller, Callers
from roomreel.service.access.scopes import Scope
from roomreel.settings.serving import Serving
from roomreel.web import codes
from roomreel.web.envelope import ApiError
from roomreel.web.rates import Rate

Credentials = tuple[str, str]
"""The name and the password of HTTP Basic."""

# Sid and secret have 78 characters.
_LONGEST_HEADER = 1000
# Names that one address may get wrong beside each other: many clients may be behind it.
_NAMES_AN_ADDRESS = 10
_MINUTE_S = 60
_OF_PROXIES = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"})


class SignIn:
    """Lets callers in; one for an application, whose `state.sign_in` it is."""

    def __init__(self, callers: Callers, settings: Serving) -> None:
        self._callers = callers
        failures = settings.sign_in_failures
        self._of_name = Rate(failures / _MINUTE_S, failures)
        of_address = failures * _NAMES_AN_ADDRESS
        self._of_address = Rate(of_address / _MINUTE_S, of_address)
        limit = settings.rate_limit
        self._of_key = None if limit is None else Rate(limit, limit)

    async def caller_of(self, given: Credentials | None, address: str, scope: Scope) -> Caller:
        """Return the caller of credentials.

        Raises:
            ApiError: there are none (401), they are wrong (401), do not have the scope (403), or
                come too often (429).
            ServiceDatabaseFailed: the database does not answer.
        """
        if given is None:
            raise _unauthenticated("Authenticate: HTTP Basic with a sid and its secret")
        caller = await self._find(*given, place_of(address))
        if self._of_key is not None:
            _refuse_waiting(self._of_key.take(caller.sid), "this key sends too many requests")
        if scope not in caller.scopes:
            raise ApiError(403, codes.FORBIDDEN, f"This key does not have the scope {scope}")
        return caller

    async def _find(self, name: str, password: str, place: str) -> Caller:
        for_name = place, hash(name)
        wait = max(self._of_name.wait_s(for_name), self._of_address.wait_s(place))
        _refuse_waiting(wait, "too many sign-ins have failed")
        if self._callers.is_at_hand(name):
            caller = self._callers.find(name, password)
        else:
            caller = await run_in_threadpool(self._callers.find, name, password)
        if caller is None:
            self._of_name.take(for_name)
            self._of_address.take(place)
            raise _unauthenticated("Authenticate: the sid or its secret is wrong")
        return caller


class _Basic(SecurityBase):
    """HTTP Basic, named as in the description of the hosted service.

    Not FastAPI's own, which answers in its own words and takes no password beyond ASCII.
    """

    model = HTTPBase(scheme="basic")
    scheme_name = "accountSid_authToken"

    async def __call__(self, request: Request) -> Credentials | None:
        """Return the credentials of a request; None where it has none, or none that are Basic."""
        given = request.headers.getlist("authorization")
        return credentials_of(given[0]) if len(given) == 1 else None


_BASIC = _Basic()


@cache
def caller(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """Return the dependency that gives the caller of a request, who has a scope.

    It fails as `SignIn.caller_of` does. The access log has the sid of the caller.
    """

    async def find(
        request: Request, given: Annotated[Credentials | None, Security(_BASIC)]
    ) -> Caller:
        sign_in: SignIn = request.app.state.sign_in
        address = request.client.host if request.client else ""
        found = await sign_in.caller_of(given, address, scope)
        request.state.caller = found.sid
        return found

    return find


def caller_from_elsewhere(scope: Scope) -> Callable[..., Awaitable[None]]:
    """Return the dependency that lets in who is on this machine, or has a scope.

    What a proxy sends on is from elsewhere, whether its words are believed or not.
    """
    find = caller(scope)

    async def let_in(
        request: Request, given: Annotated[Credentials | None, Security(_BASIC)]
    ) -> None:
        is_sent_on = not _OF_PROXIES.isdisjoint(request.headers.keys())
        if is_sent_on or not (request.client and _is_here(request.client.host)):
            await find(request, given)

    return let_in


READ = [Depends(caller(Scope.READ))]
WRITE = [Depends(caller(Scope.WRITE))]
MEDIA = [Depends(caller(Scope.MEDIA))]
ADMIN = [Depends(caller(Scope.ADMIN))]
"""The dependencies of operations that need a scope."""


def credentials_of(header: str) -> Credentials | None:
    """Return the name and password of an Authorization header; None where it has none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic" or len(header) > _LONGEST_HEADER:
        return None
    try:
        plain = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    name, colon, password = plain.partition(":")
    return (name, password) if colon else None


def place_of(address: str) -> str:
    """Return whom an address counts for: of IPv6, a network of 64 bits, which one host may have."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _unauthenticated(message: str) -> ApiError:
    return ApiError(401, codes.UNAUTHENTICATED, message)


def _refuse_waiting(wait_s: float, why: str) -> None:
    if wait_s > 0:
        seconds = math.ceil(wait_s)
        message = f"Try again in {seconds} s: {why}"
        raise ApiError(429, codes.TOO_MANY, message, {"Retry-After": str(seconds)})
