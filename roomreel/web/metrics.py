"""Figures for Prometheus about an instance: `/metrics`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from roomreel.errors import ServiceDatabaseFailed
from roomreel.service.access.scopes import Scope
from roomreel.service.callbacks.events import Delivery
from roomreel.service.figures import Waiting, count_compositions, count_waiting
from roomreel.service.service import Service
from roomreel.web.callers import caller_from_elsewhere

# Whoever asks more often gets what was counted before.
_COUNTED_EACH_S = 5.0


@dataclass(frozen=True, slots=True)
class _Counted:
    compositions: Mapping[str, int]
    callbacks: Waiting


class Work(Collector):
    """Figures about the work of a service, looked up when they are asked for."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._lock = Lock()
        self._until = 0.0
        self._counted: _Counted | None = None

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        counted = self._count()
        up = "roomreel_service_database_up", "Whether the database of the service answers."
        yield GaugeMetricFamily(*up, value=float(counted is not None))
        states = "roomreel_service_compositions", "Compositions, by state."
        yield _family(*states, "status", counted.compositions if counted else {})
        if counted:
            yield from _of_waiting(counted.callbacks)
        yield _tries(self._service.callback_tries)
        ages = "roomreel_service_look_age_seconds", "Since this instance looked at them last."
        now = time.monotonic()
        looked = {name: now - at for name, at in self._service.looked_at.items()}
        yield _family(*ages, "at", looked)
        troubles = "roomreel_service_trouble", "What cannot be looked at now; the log says why."
        yield _family(*troubles, "at", dict.fromkeys([*self._service.troubles], 1.0))

    def _count(self) -> _Counted | None:
        """Return what there is in the database; None where it does not answer."""
        database = self._service.database
        with self._lock:
            if time.monotonic() >= self._until:
                try:
                    self._counted = _Counted(count_compositions(database), count_waiting(database))
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


def _of_waiting(callbacks: Waiting) -> Iterator[Metric]:
    waiting = (
        "roomreel_service_callbacks_waiting",
        "Callbacks that wait for a try.",
    )
    yield GaugeMetricFamily(*waiting, value=callbacks.count)
    age_s = 0.0
    if callbacks.since is not None:
        # A clock that was set back makes none younger than new.
        age_s = max(0.0, (datetime.now(UTC) - callbacks.since).total_seconds())
    oldest = "roomreel_service_callback_oldest_seconds", "Since the oldest of those waits."
    yield GaugeMetricFamily(*oldest, value=age_s)


def _tries(counted: Mapping[str, int]) -> CounterMetricFamily:
    words = "Tries of callbacks that this instance made, by what became of the callback."
    family = CounterMetricFamily("roomreel_service_callback_tries", words, labels=["status"])
    for status in (Delivery.DELIVERED, Delivery.WAITING, Delivery.GIVEN_UP):
        family.add_metric([status], counted.get(status, 0))
    return family


def _family(name: str, words: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for of, value in sorted(values.items()):
        family.add_metric([of], value)
    return family
