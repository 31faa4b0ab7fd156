"""Figures for Prometheus, in a file that node_exporter's textfile collector reads.

Runs are batch jobs: one of seconds could not be scraped, and a gateway would be one more server. So
each process adds what it counted to the file of its machine, under a lock; counters go on from run
to run, as a scrape expects of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from roomreel.model.composition import CompositionStatus, Outcome
from roomreel.storage.failure import storage_errors
from roomreel.storage.lock import alone
from roomreel.storage.replace import make_folder, replace_file

Key = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Family:
    """Values that are counted under one name.

    Attributes:
        is_counter: adds up over runs; else the newest value stands.
    """

    help: str
    labels: tuple[str, ...] = ()
    is_counter: bool = True


FAMILIES: Mapping[str, Family] = {
    "roomreel_compositions": Family("Compositions that ended.", ("status", "code")),
    "roomreel_composed_seconds": Family("Length of completed compositions."),
    "roomreel_render_seconds": Family("Wall time of rendering completed compositions."),
    "roomreel_source_bytes": Family("Bytes of the recordings of completed compositions."),
    "roomreel_output_bytes": Family("Bytes of the media of completed compositions."),
    "roomreel_commit_retries": Family("Commits repeated because another process committed first."),
    "roomreel_stage_seconds": Family("Wall time of tasks.", ("stage",)),
    "roomreel_speed": Family(
        "Length of what was completed last, divided by its time of rendering.", is_counter=False
    ),
    "roomreel_last_record_timestamp_seconds": Family(
        "When outcomes were recorded last, seconds since 1970.", is_counter=False
    ),
}

_lock = threading.Lock()
_counted: dict[Key, float] = {}


def count(name: str, amount: float = 1, *labels: str) -> None:
    """Add to a counter of this process.

    Args:
        name: of `FAMILIES`; labels in the order given there.
    """
    with _lock:
        _counted[name, labels] = _counted.get((name, labels), 0) + amount


@contextmanager
def measure_time(stage: str) -> Iterator[None]:
    """Count the wall time of the block."""
    started = time.monotonic()
    try:
        yield
    finally:
        count("roomreel_stage_seconds", time.monotonic() - started, stage)


def export_metrics(outcomes: Iterable[Outcome], file: Path) -> None:
    """Add outcomes, and whatever this process counted since the last time, to the file.

    Raises:
        StorageFailed: it cannot be written; what was counted is added the next time.
    """
    gauges = _count(outcomes)
    with storage_errors("write", file):
        make_folder(file.parent)
        with alone(file.with_name(f".{file.name}.lock")):
            reported = _taken()
            try:
                replace_file(file, exposition(_added(_read(file), reported) | gauges))
            except OSError:
                for (name, labels), amount in reported.items():
                    count(name, amount, *labels)
                raise


def exposition(values: Mapping[Key, float]) -> bytes:
    """Return values in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Values(values))
    return generate_latest(registry)


def _count(outcomes: Iterable[Outcome]) -> dict[Key, float]:
    composed_s = render_s = 0.0
    for outcome in outcomes:
        count("roomreel_compositions", 1, outcome.status.value, outcome.failure_code or "")
        if outcome.status is CompositionStatus.COMPLETED:
            composed_s += (outcome.duration_ms or 0) / 1000
            render_s += outcome.render_s or 0
            count("roomreel_source_bytes", outcome.source_bytes or 0)
            count("roomreel_output_bytes", outcome.size_bytes or 0)
    count("roomreel_composed_seconds", composed_s)
    count("roomreel_render_seconds", render_s)
    gauges: dict[Key, float] = {("roomreel_last_record_timestamp_seconds", ()): time.time()}
    if render_s:
        gauges["roomreel_speed", ()] = composed_s / render_s
    return gauges


def _taken() -> dict[Key, float]:
    with _lock:
        taken = dict(_counted)
        _counted.clear()
    return taken


def _added(before: Mapping[Key, float], counted: Mapping[Key, float]) -> dict[Key, float]:
    return {key: before.get(key, 0) + counted.get(key, 0) for key in before.keys() | counted.keys()}


def _read(file: Path) -> dict[Key, float]:
    """Return the values in a file; nothing where there is none, or it cannot be read as such."""
    try:
        families = list(text_string_to_metric_families(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}
    return {
        (family.name, tuple(sample.labels[label] for label in FAMILIES[family.name].labels)): (
            sample.value
        )
        for family in families
        if family.name in FAMILIES
        for sample in family.samples
        if sample.labels.keys() == set(FAMILIES[family.name].labels)
    }


class _Values(Collector):
    def __init__(self, values: Mapping[Key, float]) -> None:
        self._values = values

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        for name, family in FAMILIES.items():
            kind = CounterMetricFamily if family.is_counter else GaugeMetricFamily
            metric = kind(name, family.help, labels=family.labels)
            for (of, labels), value in sorted(self._values.items()):
                if of == name:
                    metric.add_metric(labels, value)
            yield metric
