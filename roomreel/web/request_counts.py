"""Requests of an instance, counted by operation and status.

An operation is a route, never a path: strangers choose those, and each would be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge
from starlette.types import Scope

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})


class Requests:
    """Counts requests of an instance."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._done = Counter(
            "roomreel_http_requests",
            "Requests that were answered; status 0: the client left before.",
            ("operation", "status"),
            registry=registry,
        )
        self._open = Gauge(
            "roomreel_http_requests_open", "Requests that are being answered.", registry=registry
        )

    @contextmanager
    def count(self, scope: Scope, status: Callable[[], int]) -> Iterator[None]:
        """Count a request that lasts as long as the block.

        Args:
            status: returns that of its answer, at the end.
        """
        self._open.inc()
        try:
            yield
        finally:
            self._open.dec()
            self._done.labels(_operation(scope), str(status())).inc()


def _operation(scope: Scope) -> str:
    """Return the operation of a request, one of those that there are."""
    route = getattr(scope.get("route"), "path", None)
    if route is None or scope["method"] not in _METHODS:
        return "none"
    return f"{scope['method']} {route}"
