"""Render in a process of its own, and where one recording brings it down, without that one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from roomreel.errors import RenderError, RenderTimeout
from roomreel.media import isolate
from roomreel.media.isolate import Budget, ChildCrashed, MemoryExceeded, Notify
from roomreel.media.sound import SoundReader
from roomreel.media.video import VideoReader
from roomreel.model.room import MediaType
from roomreel.render.reading import left_reading
from roomreel.render.worker import READING_FILE, Rendered, RenderSpec, render, time_budget_s

SILENCE_S = 120.0
"""A render tells of progress several times a second; muxing and verifying six hours take less."""

ALONE_S = 60.0
"""Time budget of decoding one suspect alone, beside PER_SECOND_S for each second of it."""

PER_SECOND_S = 0.5
NOTIFY_EVERY = 100
MOST_ATTEMPTS = 4
"""Renders of one composition, the first included: who sends more than three recordings that crash
a decoder is better served by a clear failure."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A recording that was being read when a render died."""

    path: str
    type: MediaType


def render_supervised(
    spec: RenderSpec, memory_bytes: int, timeout_factor: float, on_message: Notify
) -> Rendered:
    """Render in a child process; what its decoder cannot survive is left out.

    Each recording that was being read when the child died is decoded alone, in another child. Those
    that end that one, too, are black or silent in their place, and the composition is made.

    Raises:
        RenderTimeout: past its budget, and no recording alone is to blame.
        RenderError: it failed otherwise; names what was being read where it crashed.
    """
    budget = Budget(time_budget_s(spec.plan) * timeout_factor, memory_bytes, SILENCE_S)
    left_out: dict[str, str] = {}
    for attempt in range(MOST_ATTEMPTS):
        folder = Path(spec.folder) / str(attempt)
        folder.mkdir()
        paths = {sid: path for sid, path in spec.paths.items() if sid not in left_out}
        trial = replace(spec, folder=str(folder), paths=paths)
        try:
            rendered: Rendered = isolate.run(render, trial, budget, on_message)
        except (ChildCrashed, MemoryExceeded, RenderTimeout) as error:
            suspects = left_reading(folder / READING_FILE, sorted(paths))
            blamed = _blamed(spec, suspects, memory_bytes, timeout_factor)
            if not blamed or attempt + 1 == MOST_ATTEMPTS:
                raise type(error)(_words(error, suspects), error.remedy) from error
            left_out |= blamed
        else:
            return replace(rendered, left_out=left_out)
    raise AssertionError("the loop returns or raises")


def decode_alone(suspect: Suspect, notify: Notify) -> None:
    """The child's side: decode all of one recording, whatever it holds."""
    if suspect.type is MediaType.VIDEO:
        pictures = VideoReader(suspect.path)
        for number, _ in enumerate(pictures.all()):
            if number % NOTIFY_EVERY == 0:
                notify(number)
        return
    for number, _ in enumerate(SoundReader(suspect.path).chunks()):
        if number % NOTIFY_EVERY == 0:
            notify(number)


def _blamed(
    spec: RenderSpec, suspects: Iterable[str], memory_bytes: int, timeout_factor: float
) -> dict[str, str]:
    """The suspects that bring down a process on their own, and how they do."""
    sources = {source.recording_sid: source for source in spec.plan.sources}
    blamed: dict[str, str] = {}
    for sid in suspects:
        source = sources[sid]
        wall_s = (ALONE_S + float(source.span.duration) * PER_SECOND_S) * timeout_factor
        budget = Budget(wall_s, memory_bytes, SILENCE_S)
        try:
            isolate.run(decode_alone, Suspect(spec.paths[sid], source.type), budget)
        except (ChildCrashed, MemoryExceeded, RenderTimeout) as error:
            blamed[sid] = error.message
        except RenderError:
            continue  # refused in words: the render takes that, too
    return blamed


def _words(error: RenderError, suspects: Iterable[str]) -> str:
    named = ", ".join(suspects)
    return f"{error.message}, while reading {named}" if named else error.message
