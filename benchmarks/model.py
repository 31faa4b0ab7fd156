"""Fit the model of what a render costs, say how far off it is, and what it predicts.

    python benchmarks/model.py [--results FILE]

Takes the runs of roomreel that `bench.py` kept. A kind of work that no run has keeps the
coefficient it has in `roomreel/workload/estimate.py`.
"""

from __future__ import annotations

import argparse
import statistics
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from composing import planned, settings_for
from places import OUT
from results import Results
from ways import MADE
from workloads import WORKLOADS, prepare

from roomreel.model.geometry import Size
from roomreel.model.media import MediaFile, PacketIndex, Stored
from roomreel.model.plan import Plan
from roomreel.model.room import MediaType, Participant, Recording, RecordingStatus, Room, RoomStatus
from roomreel.model.selection import Selection
from roomreel.model.template import Format, Region, Template
from roomreel.plan import make_plan
from roomreel.workload.estimate import COSTS, Estimate, amounts, estimate

TRUST = 0.1
"""How strongly the fit is drawn to the coefficients there are: the runs are too few to tell all of
them apart."""


@dataclass(frozen=True, slots=True)
class Case:
    """What was measured of a plan, medians of its rounds, and what the model says of it."""

    name: str
    work: Mapping[str, float]
    predicted: Estimate
    cpu_s: float
    wall_s: float
    peak_bytes: float
    size_bytes: float


def main() -> None:
    """Print the fit, its errors, and the predictions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=OUT / "results.jsonl")
    results = Results(parser.parse_args().results)
    cases = list(measured(results))
    lines = [*_fit(cases), "", *_errors(cases), "", *_predictions()] if cases else ["no runs yet"]
    print("\n".join(lines))


def measured(results: Results) -> Iterator[Case]:
    """Every case that roomreel composed in one pass by one template."""
    for name in results.cases():
        runs = results.runs.get((name, "roomreel"), [])
        workload, _, seconds = name.partition("/")
        if not runs or workload not in WORKLOADS:
            continue
        case = prepare(WORKLOADS[workload], int(seconds.removesuffix("s")))
        _, job, plan = planned(case.manifest, case.templates[0], settings_for(case.manifest, MADE))
        packets = {sid: medium.packets for sid, medium in job.media.items() if medium.packets}
        yield Case(
            name,
            amounts(plan, packets),
            estimate(plan, packets, cores=2),
            *(
                statistics.median(getattr(run, figure) for run in runs)
                for figure in ("cpu_s", "wall_s", "peak_bytes", "size_bytes")
            ),
        )


def fitted(cases: list[Case]) -> dict[str, float]:
    """Coefficients with the least relative errors of CPU, near to what they are without need."""
    kinds = [kind for kind in COSTS if any(case.work.get(kind) for case in cases)]
    shares = [[case.work.get(k, 0.0) * COSTS[k] / case.cpu_s for k in kinds] for case in cases]
    wanted = np.vstack([shares, TRUST * np.eye(len(kinds))])
    aims = np.concatenate([np.ones(len(cases)), np.full(len(kinds), TRUST)])
    factors = np.linalg.lstsq(wanted, aims)[0]
    return {kind: COSTS[kind] * float(factor) for kind, factor in zip(kinds, factors, strict=True)}


def _fit(cases: list[Case]) -> Iterator[str]:
    yield "| kind | in the model | fitted to these runs |"
    yield "| --- | --- | --- |"
    for kind, value in fitted(cases).items():
        yield f"| {kind} | {COSTS[kind]:.5f} | {value:.5f} |"


def _errors(cases: list[Case]) -> Iterator[str]:
    yield "| case | CPU s | predicted | off | wall | memory | output |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    off: list[float] = []
    for case in cases:
        said = case.predicted
        off.append(abs(said.cpu_s / case.cpu_s - 1))
        yield (
            f"| {case.name} | {case.cpu_s:.1f} | {said.cpu_s:.1f} | {_off(said.cpu_s, case.cpu_s)}"
            f" | {_off(said.wall_s, case.wall_s)} | {_off(said.memory_bytes, case.peak_bytes)}"
            f" | {_off(said.output_bytes, case.size_bytes)} |"
        )
    yield ""
    yield f"CPU is off by {statistics.median(off):.0%} (median), {max(off):.0%} at most."


def _off(predicted: float, found: float) -> str:
    return f"{predicted / found - 1:+.0%}" if found else ""


def _predictions() -> Iterator[str]:
    yield "| workload | workers of 2 cores | CPU h | wall h |"
    yield "| --- | --- | --- | --- |"
    plan, packets = _meeting(25, 4 * 3600)
    for workers in (1, 8, 64):
        cost = estimate(plan, packets, cores=2, workers=workers)
        yield f"| 4 h, 25 tracks | {workers} | {cost.cpu_s / 3600:.2f} | {cost.wall_s / 3600:.2f} |"
    one = estimate(*_meeting(4, 1800), cores=2)
    night = 10_000 * one.cpu_s / 3600
    for workers in (8, 64):
        # One composition never runs on several workers here: there are enough of them.
        wall = 10_000 * one.wall_s / workers / 3600
        yield f"| 10 000 rooms, 30 min, 4 tracks | {workers} | {night:.0f} | {wall:.1f} |"


def _meeting(people: int, seconds: int) -> tuple[Plan, dict[str, PacketIndex]]:
    """A call at 640x480 and 30 pictures a second in which nothing changes, at 1280x720."""
    pictures = _packets(MediaType.VIDEO, "vp8", seconds, 30, Size(640, 480))
    sound = _packets(MediaType.AUDIO, "opus", seconds, 50, Size(0, 0))
    recordings: list[Recording] = []
    media: dict[str, MediaFile] = {}
    for index in (pictures, sound):
        for number in range(people):
            sid = f"RT{index.type}{number}"
            recordings.append(
                Recording(
                    sid=sid,
                    source_sid=f"MT{sid}",
                    participant_sid=f"PA{number}",
                    track_name="camera" if index is pictures else "microphone",
                    type=index.type,
                    status=RecordingStatus.COMPLETED,
                )
            )
            media[sid] = MediaFile(Stored(sid, 1, "1"), index)
    room = Room(
        "RM1",
        "model",
        RoomStatus.COMPLETED,
        tuple(Participant(f"PA{number}", str(number)) for number in range(people)),
        tuple(recordings),
    )
    template = Template(
        friendly_name="grid",
        regions=(Region("grid", Selection(("*",))),),
        audio=Selection(("*",)),
        resolution=Size(1280, 720),
        format=Format.MP4,
    )
    plan = make_plan(room, template, media, Fraction(seconds))
    return plan, {sid: medium.packets for sid, medium in media.items() if medium.packets}


def _packets(kind: MediaType, codec: str, seconds: int, rate: int, size: Size) -> PacketIndex:
    count = seconds * rate
    return PacketIndex(
        kind,
        codec,
        Fraction(1, rate),
        pts=array("q", range(count)),
        durations=array("q", [1]) * count,
        keys=array("b", [1]) * count,
        payload_bytes=1000 * count,
        width=size.width,
        height=size.height,
        sample_rate=48_000 if kind is MediaType.AUDIO else 0,
        channels=1 if kind is MediaType.AUDIO else 0,
    )


if __name__ == "__main__":
    main()
