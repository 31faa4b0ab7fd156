"""Progress of a render, in figures and in words: percent, frames, time left at this pace."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roomreel.render.spec import OnFrames

LINE_EVERY_S = 60.0
"""For people who read a log, and have neither a bar nor the page of a run."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a render.

    Attributes:
        frames_done: of `frames`; an audio-only render reports its end alone.
        elapsed_s: wall seconds since it began.
    """

    frames_done: int
    frames: int
    elapsed_s: float


OnProgress = Callable[[Progress], None]


def pass_over(_progress: Progress) -> None:
    """Take progress that nobody asked for."""


def report_frames(on_progress: OnProgress | None, frames: int) -> OnFrames:
    """Return what turns counts of frames done, out of `frames`, into progress."""
    clock = time.monotonic()

    def report(frames_done: object) -> None:
        if on_progress is not None and isinstance(frames_done, int):
            on_progress(Progress(frames_done, frames, time.monotonic() - clock))

    return report


class Pace:
    """Follows one render from its first progress on.

    What an earlier run has left finished is there by then, and says nothing of the pace.
    """

    def __init__(self) -> None:
        self._first: Progress | None = None
        self._next_line = time.monotonic() + LINE_EVERY_S

    def line(self, now: Progress) -> str | None:
        """Return percent and what is left, a minute after the last line at the earliest."""
        left = self.describe(now)
        if time.monotonic() < self._next_line:
            return None
        self._next_line = time.monotonic() + LINE_EVERY_S
        return f"{int(percent(now))} %, {left}"

    def describe(self, now: Progress) -> str:
        """Return the frames that are done, and the time the others take, in words."""
        self._first = self._first or now
        done = f"{now.frames_done} of {now.frames} frames"
        made = now.frames_done - self._first.frames_done
        if made <= 0:
            return done
        took_s = now.elapsed_s - self._first.elapsed_s
        return f"{done}, about {_duration(took_s * (now.frames - now.frames_done) / made)} left"


def percent(now: Progress) -> float:
    """Return the part of the frames that is done, 0 to 100."""
    return min(100 * now.frames_done / max(now.frames, 1), 100.0)


def _duration(seconds: float) -> str:
    minutes = math.ceil(seconds / 60)
    if minutes < 2:
        return f"{math.ceil(seconds)} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes / 60:.1f} h"
