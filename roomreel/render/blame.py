"""The recordings to blame for a render that failed: what each does, and costs, on its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from roomreel.errors import (
    ChildCrashed,
    MemoryExceeded,
    RenderError,
    RenderTimeout,
    SourceFailed,
    VerificationFailed,
)
from roomreel.model.plan import Source
from roomreel.process import isolate
from roomreel.process.stderr_capture import STDERR_FILE
from roomreel.render.in_use import in_use_at_exit
from roomreel.render.source_trial import SourceCost, frames_shown, try_source
from roomreel.render.spec import (
    IN_USE_FILE,
    PER_MEGAPIXEL_FRAME_S,
    PER_SOURCE_S,
    RenderSpec,
)
from roomreel.render.spread import Limits
from roomreel.workload.estimate import BASE_BYTES, PIXEL_BYTES

FAILURES = (SourceFailed, ChildCrashed, MemoryExceeded, RenderTimeout)
"""Ends of a render that a recording may be to blame for."""

ALONE_S = 60.0
"""Time budget of a process for one recording that has nothing to do, on a loaded machine."""

START_S = 10.0
"""Seconds that a recording may take, beside PER_SOURCE_S for each of its own, before it counts as
one that takes more than its share."""

Trials = Mapping[str, SourceCost | RenderError]
"""By recording sid, what it took on its own, or how it failed."""


def find_culprits(
    spec: RenderSpec, error: RenderError, suspects: Collection[str], limits: Limits
) -> dict[str, str]:
    """Return the recordings without which a failed render is to be tried again, and why.

    Those that fail on their own, too. Where none does and the render took too much, the one that
    takes most.

    Args:
        spec: of the render that failed.
        error: one of `FAILURES`.
        suspects: the recordings that are tried on their own.
    """
    named = {error.sid: error.message} if isinstance(error, SourceFailed) else {}
    trials = _try_all(spec, set(suspects) - named.keys(), limits)
    blamed = named | _failed(trials)
    if not blamed and isinstance(error, MemoryExceeded | RenderTimeout):
        trials |= _try_all(spec, spec.sources.keys() - trials.keys(), limits)
        blamed = _failed(trials) or _costliest(spec, error, trials, limits)
    return blamed


def sources_in_use(spec: RenderSpec) -> list[str]:
    """Return the recordings that were in use when a process of a render ended."""
    notes = sorted(Path(spec.folder).rglob(f"*.{IN_USE_FILE}"))
    sids = sorted(spec.sources)
    return sorted({sid for note in notes for sid in in_use_at_exit(note, sids)})


def costliest_beyond(costs: Mapping[str, float], allowed: float) -> Iterator[str]:
    """Yield the fewest, costliest first, without which the others cost no more than `allowed`.

    At least one.
    """
    left = sum(costs.values())
    for sid in sorted(costs, key=lambda sid: (-costs[sid], sid)):
        yield sid
        left -= costs[sid]
        if left <= allowed:
            return


def _try_all(
    spec: RenderSpec, sids: Collection[str], limits: Limits
) -> dict[str, SourceCost | RenderError]:
    sources = [source for source in spec.plan.sources if source.recording_sid in sids]
    with ThreadPoolExecutor(limits.processes) as pool:
        results = pool.map(lambda source: _try(spec, source, limits), sources)
        return {
            source.recording_sid: result
            for source, result in zip(sources, results, strict=True)
            if result is not None
        }


def _try(spec: RenderSpec, source: Source, limits: Limits) -> SourceCost | RenderError | None:
    sid = source.recording_sid
    folder = Path(spec.folder) / f"alone-{sid}"
    folder.mkdir()
    trial = replace(spec, sources={sid: spec.sources[sid]}, folder=str(folder))
    budget = limits.budget(_budget_s(spec, source))
    try:
        return isolate.run(
            try_source, trial, budget, stderr_to=folder / STDERR_FILE, access=trial.access
        )
    except FAILURES as error:
        return error
    except VerificationFailed:
        return None  # the render finds that, too, and has its way to go on


def _budget_s(spec: RenderSpec, source: Source) -> float:
    frames = sum(map(len, frames_shown(spec.plan, source.recording_sid)))
    megapixels = spec.plan.resolution.width * spec.plan.resolution.height / 1e6
    painting = frames * megapixels * PER_MEGAPIXEL_FRAME_S
    return ALONE_S + float(source.span.duration) * PER_SOURCE_S + painting


def _failed(trials: Trials) -> dict[str, str]:
    return {sid: one.message for sid, one in trials.items() if isinstance(one, RenderError)}


def _costliest(
    spec: RenderSpec, error: RenderError, trials: Trials, limits: Limits
) -> dict[str, str]:
    """Return those to leave out of several that fail only together, and why."""
    costs = {sid: cost for sid, cost in trials.items() if isinstance(cost, SourceCost)}
    if isinstance(error, MemoryExceeded):
        size = spec.plan.resolution
        own = BASE_BYTES + PIXEL_BYTES * size.width * size.height
        taken = {sid: float(cost.memory_bytes) for sid, cost in costs.items()}
        return {
            sid: f"takes {costs[sid].memory_bytes} bytes of memory, and with the others more than"
            f" the {limits.memory_bytes} allowed"
            for sid in costliest_beyond(taken, limits.memory_bytes - own)
        }
    spans = {source.recording_sid: source.span.duration for source in spec.plan.sources}
    beyond = {
        sid: cost.seconds - START_S - float(spans[sid]) * PER_SOURCE_S
        for sid, cost in costs.items()
    }
    sid = max(beyond, key=lambda sid: beyond[sid], default="")
    # Where none takes more than its share, it is the machine that is slow.
    slow = sid and beyond[sid] > 0
    return {sid: f"takes {costs[sid].seconds:.0f} s to decode"} if slow else {}
