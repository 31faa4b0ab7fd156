"""Figures for Prometheus about an instance: `/metrics`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from threading import Lock

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.responses import Response

from roomreel.errors import ServiceDatabaseFailed
from roomreel.service.access.scopes import Scope
from roomreel.service.figures import count_compositions
from roomreel.service.service import Service
from roomreel.web.callers import caller_from_elsewhere

# Whoever asks more often gets what was counted before.
_COUNTED_EACH_S = 5.0


class Work(Collector):
    """Figures about the work of a service, looked up when they are asked for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = Lock()
        self._until = 0.0
        self._counted: Mapping[str, int] | None = None

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the families."""
        found = self._compositions()
        up = "roomreel_service_database_up", "Whether the database of the service answers."
        yield GaugeMetricFamily(*up, value=float(found is not None))
        states = "roomreel_service_compositions", "Compositions, by state."
        yield _family(*states, "status", found or {})
        ages = "roomreel_service_look_age_seconds", "Since this instance looked at them last."
        now = time.monotonic()
        looked = {name: now - at for name, at in self._service.looked_at.items()}
        yield _family(*ages, "at", looked)
        troubles = "roomreel_service_trouble", "What cannot be looked at now; the log says why."
        yield _family(*troubles, "at", dict.fromkeys([*self._service.troubles], 1.0))

    def _compositions(self) -> Mapping[str, int] | None:
        """Return how many there are in each state; None where the database does not answer."""
        with self._lock:
            if time.monotonic() >= self._until:
                try:
                    self._counted = count_compositions(self._service.database)
                except ServiceDatabaseFailed:
                    self._counted = None
                self._until = time.monotonic() + _COUNTED_EACH_S
            return self._counted


def metrics(service: Service, registry: CollectorRegistry) -> APIRouter:
    """Return the operation that shows figures: to this machine, or to a key that may read."""
    router = APIRouter(tags=["Health"])
    registry.register(Work(service))

    @router.get("/metrics", dependencies=[Depends(caller_from_elsewhere(Scope.READ))])
    def show() -> Response:
        """Show figures for Prometheus."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


def _family(name: str, words: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for of, value in sorted(values.items()):
        family.add_metric([of], value)
    return family
