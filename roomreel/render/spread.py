"""Spread one render over processes: chunks and sound beside each other, then one that joins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from roomreel.process import isolate
from roomreel.process.isolate import Budget
from roomreel.process.stderr_capture import STDERR_FILE
from roomreel.render.sound import make_sound
from roomreel.render.spec import OnFrames, Rendered, RenderSpec, time_budget_s
from roomreel.render.worker import render, render_pictures
from roomreel.workload.chunks import shares

T = TypeVar("T")

SILENCE_S = 120.0
"""A render reports progress several times a second; muxing and verifying six hours take less."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a render.

    Attributes:
        processes: that render one composition at the same time.
        memory_bytes: resident memory of each.
        timeout_factor: multiplies the time budget that a plan gives.
    """

    processes: int
    memory_bytes: int
    timeout_factor: float

    def budget(self, wall_s: float) -> Budget:
        """Return the budget of a process that should need at most `wall_s` seconds."""
        return Budget(wall_s * self.timeout_factor, self.memory_bytes, SILENCE_S)


def render_spread(spec: RenderSpec, limits: Limits, on_message: OnFrames) -> Rendered:
    """Render what is missing in as many processes as allowed, then join, verify, take stills.

    Raises:
        RenderError: what a process raised, or how it ended; what was finished is kept.
    """
    progress = _Progress(spec, on_message)

    def run(name: str, job: Callable[[RenderSpec, OnFrames], T], what: RenderSpec) -> T:
        folder = Path(spec.folder) / name
        folder.mkdir(parents=True)
        moved = replace(what, folder=str(folder))
        budget = limits.budget(time_budget_s(spec.plan))
        on_progress, stderr = progress.of(name), folder / STDERR_FILE
        return isolate.run(job, moved, budget, on_progress, stderr, spec.access)

    divided = shares(spec.missing_chunks(), limits.processes)
    if len(divided) > 1:
        with ThreadPoolExecutor(len(divided) + 1) as pool:
            ends = [pool.submit(run, "sound", make_sound, spec)]
            for number, share in enumerate(divided):
                mine = replace(spec, chunks=share)
                ends.append(pool.submit(run, f"pictures-{number}", render_pictures, mine))
        for end in ends:
            end.result()
    return run("whole", render, spec)


class _Progress:
    """Adds up the progress of the processes of one render."""

    def __init__(self, spec: RenderSpec, on_message: OnFrames) -> None:
        self._on_message = on_message
        self._lock = threading.Lock()
        unfinished = sum(map(len, spec.missing_chunks()))
        self._done = {"": spec.plan.frame_count - unfinished if spec.plan.has_video else 0}

    def of(self, name: str) -> OnFrames:
        """Return the callable that reports the progress of one process."""

        def on_progress(message: int | None) -> None:
            with self._lock:
                if message is not None:
                    self._done[name] = message
                    message = sum(self._done.values())
                self._on_message(message)

        return on_progress
