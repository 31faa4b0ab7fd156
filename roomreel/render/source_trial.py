"""Try one recording on its own: its side of a render, without the others and any encoder."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from roomreel.media.frames import VideoFrame
from roomreel.media.log import enable_codec_log
from roomreel.model.plan import Plan
from roomreel.process.clock import Clock
from roomreel.render.in_use import InUseMarker
from roomreel.render.mix import audio_sources, mix_blocks
from roomreel.render.parts import PartContents
from roomreel.render.pictures import ChunkOutput, CompositionChunks, render_chunks
from roomreel.render.recheck import independent_fingerprint
from roomreel.render.spec import IN_USE_FILE, OnFrames, RenderSpec
from roomreel.render.stream_copy import copy_planned, copy_planned_sound

STATUS = Path("/proc/self/status")
PEAK = "VmHWM:"
"""Linux: the most resident memory that this program has had (proc_pid_status(5)); what a process
had before it became this program does not count."""


@dataclass(frozen=True, slots=True)
class SourceCost:
    """The cost of one recording on its own.

    Attributes:
        seconds: by the `Clock` of its process.
        memory_bytes: the most at any time, beyond what a process has anyway.
    """

    seconds: float
    memory_bytes: int


def try_source(spec: RenderSpec, notify: OnFrames) -> SourceCost:
    """Do all that a render does with the one recording of `spec`; runs in the child.

    Raises:
        SourceFailed: as the render would.
    """
    enable_codec_log()
    clock, at_first = Clock(os.getpid()), _peak_bytes()
    plan, [sid] = spec.plan, spec.sources
    in_use = InUseMarker(Path(spec.folder) / f"alone.{IN_USE_FILE}", [sid])
    if any(clip.recording_sid == sid for clip in plan.audio):
        _listen(spec, in_use, notify)
    else:
        _look(spec, frames_shown(plan, sid), in_use, notify)
    return SourceCost(clock.seconds(), _peak_bytes() - at_first)


def frames_shown(plan: Plan, sid: str) -> list[range]:
    """Return the frames in whose scenes a recording is shown."""
    return [
        range(scene.start_frame, scene.end_frame)
        for scene in plan.scenes
        if any(placement.recording_sid == sid for placement in scene.placements)
    ]


def _look(spec: RenderSpec, frames: list[range], in_use: InUseMarker, notify: OnFrames) -> None:
    plan, paths = spec.plan, spec.paths
    if plan.copied:
        media = Path(spec.folder) / spec.pictures(*spec.chunks).media.name
        copy_planned(plan, paths, media, in_use)
        return
    render_chunks(
        [CompositionChunks(plan, frames, spec.drawer, _discard)],
        paths,
        spec.threads,
        in_use,
        notify,
    )
    if spec.verify == "full":
        independent_fingerprint(
            plan, spec.drawer, paths, spec.threads, in_use, lambda: notify(None)
        )


def _listen(spec: RenderSpec, in_use: InUseMarker, notify: OnFrames) -> None:
    plan, paths = spec.plan, spec.paths
    if plan.copies_sound:
        media = Path(spec.folder) / spec.sound().media.name
        copy_planned_sound(plan, paths, media, in_use)
        return
    sources = audio_sources(plan, paths, in_use).values()
    for _ in mix_blocks(sources, plan):
        notify(None)
    for source in sources:
        source.close()


class _NoEncoder:
    """An encoder that drops its pictures."""

    def write(self, _frame: VideoFrame, *, key: bool = False) -> None:
        """Drop a picture."""


@contextmanager
def _discard(_: range) -> Iterator[ChunkOutput]:
    yield ChunkOutput(_NoEncoder(), PartContents(Path()))


def _peak_bytes() -> int:
    """Return the most resident memory of this process so far."""
    lines = STATUS.read_text().splitlines() if STATUS.exists() else ()
    peak = next((line.split()[1] for line in lines if line.startswith(PEAK)), None)
    return int(peak or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024
