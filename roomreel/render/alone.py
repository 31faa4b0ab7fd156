"""One recording on its own: its side of a render, without the others and without an encoder."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from av import VideoFrame

from roomreel.model.plan import Plan
from roomreel.process.clock import Clock
from roomreel.process.stderr_capture import let_codecs_speak
from roomreel.render.anew import witness_anew
from roomreel.render.copied import copy_planned, copy_planned_sound
from roomreel.render.mix import mixed, voices_of
from roomreel.render.parts import Made
from roomreel.render.pictures import Frames, View, draw
from roomreel.render.reading import Reading
from roomreel.render.spec import READING_FILE, OnFrames, RenderSpec

STATUS = Path("/proc/self/status")
PEAK = "VmHWM:"
"""Linux: the most resident memory that this program has had (proc_pid_status(5)); what a process
had before it became this program does not count."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one recording takes on its own.

    Attributes:
        seconds: by the `Clock` of its process.
        memory_bytes: the most at any time, beyond what a process has anyway.
    """

    seconds: float
    memory_bytes: int


def try_alone(spec: RenderSpec, notify: OnFrames) -> Cost:
    """The child's side: do all that a render does with the one recording that `spec` has.

    Raises:
        SourceFailed: as the render would.
    """
    let_codecs_speak()
    clock, at_first = Clock(os.getpid()), _peak_bytes()
    plan, [sid] = spec.plan, spec.sources
    reading = Reading(Path(spec.folder) / f"alone.{READING_FILE}", [sid])
    if any(clip.recording_sid == sid for clip in plan.audio):
        _listen(spec, reading, notify)
    else:
        _look(spec, frames_shown(plan, sid), reading, notify)
    return Cost(clock.seconds(), _peak_bytes() - at_first)


def frames_shown(plan: Plan, sid: str) -> list[range]:
    """The frames in whose scenes a recording is shown."""
    return [
        range(scene.start_frame, scene.end_frame)
        for scene in plan.scenes
        if any(placement.recording_sid == sid for placement in scene.placements)
    ]


def _look(spec: RenderSpec, frames: list[range], reading: Reading, notify: OnFrames) -> None:
    plan, paths = spec.plan, spec.paths
    if plan.copied:
        media = Path(spec.folder) / spec.pictures(*spec.chunks).media.name
        copy_planned(plan, paths, media, reading)
        return
    draw([View(plan, frames, spec.matrix, _nowhere)], paths, spec.threads, reading, notify)
    if spec.verify == "full":
        witness_anew(plan, spec.matrix, paths, spec.threads, reading, lambda: notify(None))


def _listen(spec: RenderSpec, reading: Reading, notify: OnFrames) -> None:
    plan, paths = spec.plan, spec.paths
    if plan.copies_sound:
        media = Path(spec.folder) / spec.sound().media.name
        copy_planned_sound(plan, paths, media, reading)
        return
    voices = voices_of(plan, paths, reading).values()
    for _ in mixed(voices, plan):
        notify(None)
    for voice in voices:
        voice.close()


class _Nothing:
    """Takes pictures as an encoder does, and drops them."""

    def write(self, _frame: VideoFrame, *, key: bool = False) -> None:
        """Drop a picture."""


@contextmanager
def _nowhere(_: range) -> Iterator[Frames]:
    yield Frames(_Nothing(), Made(Path()))


def _peak_bytes() -> int:
    """The most resident memory of this process so far."""
    lines = STATUS.read_text().splitlines() if STATUS.exists() else ()
    peak = next((line.split()[1] for line in lines if line.startswith(PEAK)), None)
    return int(peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024
