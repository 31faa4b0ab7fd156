"""Measure workloads by ways, judge the outputs, and print what came of it.

    python benchmarks/bench.py [--quick] [--only NAME...] [--ways NAME...] [--rounds N]
        [--seconds S] [--minutes M] [--steps prepare measure judge report] [--results FILE]

Findings are kept in a file as they are made: what is there is not measured again, so a bench may be
stopped, be run in pieces (`--minutes`), and go on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

import quality
from measure import CommandFailed, measure
from places import OUT
from report import report
from results import Judgement, Results, Run
from ways import ENVIRONMENT, MADE, PICTURES, WAYS, layout
from workloads import ONCE, WORKLOADS, Case, Workload, prepare

STEPS = ("prepare", "measure", "judge", "report")
CONVERTING = frozenset({"roomreel", "limit", "together", "one-by-one", "lossless"})
"""Ways whose BT.601 cameras end up as BT.709; see `quality.reference`."""

UNJUDGED = frozenset({"limit", "start"})
"""Ways that make no composition."""

QUICK = ("4-tracks-480p", "9-tracks-720p", "reflow-8", "reflow-200", "audio-only")
QUICK_WAYS = ("roomreel", "limit", "overlay-defaults", "xstack", "start")
QUICK_SECONDS, QUICK_ROUNDS = 20, 2


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure; `minutes` None measures all of it."""

    cases: tuple[Case, ...]
    ways: tuple[str, ...]
    rounds: int
    minutes: float | None
    results: Results


def main() -> None:
    """Run the steps."""
    words = _arguments()
    names = words.only or (QUICK if words.quick else list(WORKLOADS))
    chosen = [w for name, w in WORKLOADS.items() if any(fnmatch(name, one) for one in names)]
    seconds = words.seconds or (QUICK_SECONDS if words.quick else 60)
    options = Options(
        tuple(prepare(workload, seconds) for workload in chosen),
        tuple(words.ways or (QUICK_WAYS if words.quick else WAYS)),
        words.rounds or (QUICK_ROUNDS if words.quick else 3),
        words.minutes,
        Results(words.results),
    )
    for step in words.steps:
        DOING[step](options)


def make_pictures(options: Options) -> None:
    """The finished pictures that the limit encodes."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for case in options.cases:
        pictures = PICTURES / f"{case.workload.name}-{case.seconds}s.yuv"
        if "limit" in case.workload.ways and not pictures.exists():
            print(f"preparing {case.name}", flush=True)
            _make_pictures(case, pictures)


def _make_pictures(case: Case, pictures: Path) -> None:
    document = json.loads(case.templates[0].read_text(encoding="utf-8"))
    if "video_layout" not in document:
        pictures.touch()
        return
    template = PICTURES / f"{case.workload.name}.json"
    template.write_text(json.dumps({**document, "format": "mp4"}), encoding="utf-8")
    video = pictures.with_suffix(".mp4")
    argv = WAYS["lossless"](replace(case, templates=(template,)), video)
    measure(argv, ENVIRONMENT, PICTURES / "log")
    part = pictures.with_suffix(".part")
    quality.raw_pictures(video, part)
    video.unlink()
    part.replace(pictures)


def run_all(options: Options) -> None:
    """Every round of every way, interleaved, as far as the minutes reach."""
    MADE.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + 60 * (options.minutes or float("inf"))
    for case, way, number in _due(options):
        if time.monotonic() > end:
            print("out of minutes: run it again to go on")
            return
        try:
            run = _run(case, way, number)
        except CommandFailed as error:
            print(f"{case.name} {way}: {error}", flush=True)
            options.results.add(Judgement(case.name, way, note=str(error)[:200]))
            continue
        options.results.add(run)
        print(f"{case.name} {way} {number}: {run.cpu_s:.1f} CPU s, {run.wall_s:.1f} s", flush=True)


def _due(options: Options) -> Iterator[tuple[Case, str, int]]:
    for number in range(options.rounds):
        for case in options.cases:
            for way in _ways(case.workload, options.ways):
                most = 1 if way in ONCE else case.workload.rounds or options.rounds
                failed = options.results.judgements.get((case.name, way))
                has_failed = failed is not None and bool(failed.note)
                if options.results.rounds(case.name, way) <= number < most and not has_failed:
                    yield case, way, number


def _ways(workload: Workload, chosen: Sequence[str]) -> list[str]:
    return [way for way in (*workload.ways, "start") if way in chosen]


def _run(case: Case, way: str, number: int) -> Run:
    output = _output(case, way)
    log = output.with_suffix(".log")
    usage = measure(WAYS[way](case, output), ENVIRONMENT, log)
    size_bytes = output.stat().st_size if output.exists() else 0
    return Run(case.name, way, number, **_fields(usage), size_bytes=size_bytes, stages=_told(log))


def _fields(usage: object) -> dict[str, float]:
    return {name: getattr(usage, name) for name in ("cpu_s", "wall_s", "peak_bytes")}


def _told(log: Path) -> dict[str, float]:
    """The CPU seconds by stage that a way printed, if it did."""
    lines = log.read_text(errors="replace").splitlines()
    return json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}


def _output(case: Case, way: str) -> Path:
    return MADE / f"{case.workload.name}-{case.seconds}s-{way}.{case.suffix}"


def judge_all(options: Options) -> None:
    """VMAF and the place of the sound, of what was made."""
    for case in options.cases:
        for way in _ways(case.workload, options.ways):
            made = _output(case, way)
            is_new = (case.name, way) not in options.results.judgements
            if is_new and way not in UNJUDGED and made.exists():
                judged = _judge(case, way, made)
                options.results.add(judged)
                print(f"{case.name} {way}: {judged}", flush=True)


def _judge(case: Case, way: str, made: Path) -> Judgement:
    known = layout(case)
    late_ms = quality.sound_late_ms(made, known) if known.pictures else None
    if "xstack" not in case.workload.ways or not known.pictures:
        return Judgement(case.name, way, sound_late_ms=late_ms)
    converts = way in CONVERTING
    best = PICTURES / f"{case.workload.name}-{case.seconds}s-{converts}.mkv"
    if not best.exists():
        part = best.with_name(f"part-{best.name}")
        quality.reference(known, part, converts=converts)
        part.replace(best)
    return Judgement(case.name, way, quality.vmaf(made, best), late_ms)


def _print_report(options: Options) -> None:
    print(quality.program_version())
    report(options.results, options.cases)


DOING: dict[str, Callable[[Options], None]] = {
    "prepare": make_pictures,
    "measure": run_all,
    "judge": judge_all,
    "report": _print_report,
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer of everything, rooms of 20 s")
    parser.add_argument("--only", nargs="+", metavar="WORKLOAD", help="names or patterns of names")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, help="of the rooms; 60 unless quick")
    parser.add_argument("--minutes", type=float, help="begin no run after so many")
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument("--results", type=Path, default=OUT / "results.jsonl")
    return parser.parse_args()


if __name__ == "__main__":
    main()
