"""Findings as two tables: the figures that are promised, and everything that was measured."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from results import Results
from workloads import Case

CORES = os.cpu_count() or 1

Values = list[float]


@dataclass(frozen=True, slots=True)
class Source:
    """Reads figures of ways off the results, the start of the processes taken off roomreel's."""

    results: Results
    cases: dict[str, Case]

    def cpu(self, workload: str, way: str) -> Values:
        """CPU seconds of every round."""
        return self._of(workload, way, "cpu_s")

    def wall(self, workload: str, way: str) -> Values:
        """Wall seconds of every round."""
        return self._of(workload, way, "wall_s")

    def peak(self, workload: str, way: str = "roomreel") -> Values:
        """Peak memory of every round in MB."""
        found = self.results.figures(self._name(workload), way, "peak_bytes")
        return [value / 1e6 for value in found]

    def seconds(self, workload: str) -> float:
        """Length of the room."""
        return self.cases[workload].seconds if workload in self.cases else 1.0

    def vmaf(self, workload: str, way: str) -> float | None:
        """Of a way's output."""
        judged = self.results.judgements.get((self._name(workload), way))
        return judged.vmaf if judged else None

    def start(self, workload: str, name: str) -> float:
        """Median CPU or wall seconds of starting roomreel's processes."""
        return _median(self.results.figures(self._name(workload), "start", name)) or 0.0

    def _of(self, workload: str, way: str, name: str) -> Values:
        case = self._name(workload)
        found = self.results.figures(case, way, name)
        if way in OURS:
            start = self.start(workload, name)
            return [value - start for value in found]
        # The limit reads the plan, too, which is none of its work.
        return (
            [sum(_work(run.stages)) for run in self.results.runs[case, way]]
            if (way == "limit" and name == "cpu_s" and found)
            else found
        )

    def _name(self, workload: str) -> str:
        return self.cases[workload].name if workload in self.cases else workload


OURS = frozenset({"roomreel", "together", "one-by-one", "one-process", "two-processes"})


@dataclass(frozen=True, slots=True)
class Figure:
    """A promise: what it is called, its bound, and how it is read off the results."""

    name: str
    at_most: float
    read: Callable[[Source], Values]


def ratios(above: Values, below: Values, factor: float = 1.0) -> Values:
    """Round by round; empty where one has none."""
    return [factor * a / b for a, b in zip(above, below, strict=False) if b]


def _wall_limit(workload: str) -> Callable[[Source], Values]:
    return lambda s: ratios(s.wall(workload, "roomreel"), s.cpu(workload, "limit"), CORES)


def _cpu_peer(workload: str, peer: str) -> Callable[[Source], Values]:
    return lambda s: ratios(s.cpu(workload, "roomreel"), s.cpu(workload, peer))


def _wall_peer(workload: str, peer: str) -> Callable[[Source], Values]:
    return lambda s: ratios(s.wall(workload, "roomreel"), s.wall(workload, peer))


def _wall_room(workload: str) -> Callable[[Source], Values]:
    return lambda s: [value / s.seconds(workload) for value in s.wall(workload, "roomreel")]


def _cpu_second(above: str, below: str) -> Callable[[Source], Values]:
    def read(s: Source) -> Values:
        a = [value / s.seconds(above) for value in s.cpu(above, "roomreel")]
        b = [value / s.seconds(below) for value in s.cpu(below, "roomreel")]
        return ratios(a, b)

    return read


NINE, TWENTY_FIVE, FOUR = "9-tracks-720p", "25-tracks-720p", "4-tracks-480p"

FIGURES = (
    Figure("CPU / limit, 9 tracks 720p", 1.15, _cpu_peer(NINE, "limit")),
    Figure("CPU / limit, 25 tracks 720p", 1.10, _cpu_peer(TWENTY_FIVE, "limit")),
    Figure("wall / (limit CPU / cores), 9", 1.25, _wall_limit(NINE)),
    Figure("wall / (limit CPU / cores), 25", 1.15, _wall_limit(TWENTY_FIVE)),
    Figure("wall / xstack at our settings, 9", 0.95, _wall_peer(NINE, "xstack")),
    Figure("wall / xstack at our settings, 25", 0.95, _wall_peer(TWENTY_FIVE, "xstack")),
    Figure("wall / overlay at defaults, 9", 0.38, _wall_peer(NINE, "overlay-defaults")),
    Figure("wall / overlay at defaults, 25", 0.45, _wall_peer(TWENTY_FIVE, "overlay-defaults")),
    Figure("wall / room, 9 tracks 720p30 mp4", 0.38, _wall_room(NINE)),
    Figure("wall / room, 4 tracks 480p30 webm", 0.20, _wall_room(FOUR)),
    Figure("passthrough mp4 / transcode, CPU", 0.02, _cpu_peer("passthrough", "overlay")),
    Figure("passthrough webm / transcode, CPU", 0.02, _cpu_peer("passthrough-webm", "overlay")),
    Figure(
        "three templates at once / one by one, CPU",
        0.75,
        lambda s: ratios(
            s.cpu("three-templates", "together"), s.cpu("three-templates", "one-by-one")
        ),
    ),
    Figure("CPU per room second, 1 h / 2 min", 1.05, _cpu_second("one-hour", "two-minutes")),
    Figure("CPU, 200 events / 8", 1.05, _cpu_second("reflow-200", "reflow-8")),
    Figure(
        "peak memory, 1 h / 2 min",
        1.1,
        lambda s: ratios(s.peak("one-hour"), s.peak("two-minutes")),
    ),
    Figure("peak memory of 1 h, MB", 400, lambda s: s.peak("one-hour")),
    Figure(
        "two processes / one, CPU",
        1.08,
        lambda s: ratios(
            s.cpu("two-processes", "two-processes"), s.cpu("two-processes", "one-process")
        ),
    ),
)


def report(results: Results, cases: Sequence[Case]) -> None:
    """Print both tables."""
    source = Source(results, {case.workload.name: case for case in cases})
    for line in (*_promises(source), "", *_everything(source)):
        print(line)


def _promises(source: Source) -> Iterator[str]:
    yield "| figure | at most | measured | kept |"
    yield "| --- | --- | --- | --- |"
    for figure in FIGURES:
        values = figure.read(source)
        if values:
            kept = "yes" if statistics.median(values) <= figure.at_most else "**no**"
            yield f"| {figure.name} | {figure.at_most:g} | {_range(values)} | {kept} |"


def _everything(source: Source) -> Iterator[str]:
    yield (
        "| workload | way | CPU s | wall s | peak MB | MB | VMAF | sound late ms |"
        " CPU / limit | wall / room |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for name, case in source.cases.items():
        for way in (*case.workload.ways, "start"):
            yield from _row(source, name, way)


def _row(source: Source, workload: str, way: str) -> Iterator[str]:
    case = source.cases[workload].name
    judged = source.results.judgements.get((case, way))
    cpu, wall = source.cpu(workload, way), source.wall(workload, way)
    if not cpu:
        if judged is not None and judged.note:
            yield f"| {case} | {way} | {judged.note.replace('|', ' ')} |"
        return
    limit = ratios(cpu, source.cpu(workload, "limit"))
    cells = (
        _range(cpu),
        _range(wall),
        f"{max(source.peak(workload, way)):.0f}",
        f"{source.results.runs[case, way][-1].size_bytes / 1e6:.1f}",
        _shown(judged.vmaf if judged else None),
        _shown(judged.sound_late_ms if judged else None),
        _range(limit),
        _range([value / source.seconds(workload) for value in wall]),
    )
    yield f"| {case} | {way} | {' | '.join(cells)} |"


def _work(stages: object) -> Values:
    assert isinstance(stages, dict)
    return [value for name, value in stages.items() if name != "start"]


def _median(values: Values) -> float | None:
    return statistics.median(values) if values else None


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _range(values: Values) -> str:
    """Median and range."""
    if not values:
        return ""
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"
