"""Render in a process of its own, and where one recording brings it down, without that one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from roomreel.errors import RenderError, RenderTimeout, RoomreelError
from roomreel.media import isolate
from roomreel.media.isolate import ChildCrashed, MemoryExceeded, Notify
from roomreel.media.sound import SoundReader
from roomreel.media.video import VideoReader
from roomreel.model.room import MediaType
from roomreel.render.reading import left_reading
from roomreel.render.spec import READING_FILE, Rendered, RenderSpec, time_budget_s
from roomreel.render.spread import Limits, render_spread
from roomreel.render.worker import draw_ahead

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


def render_supervised(spec: RenderSpec, limits: Limits, on_message: Notify) -> Rendered:
    """Render in processes of its own; what their decoders cannot survive is left out.

    Each recording that was being read when a process died is decoded alone, in another one. Those
    that end that one, too, are black or silent in their place, and the composition is made.

    Args:
        on_message: called with the count of frames done, and None where there is other progress.

    Raises:
        RenderTimeout: past its budget, and no recording alone is to blame.
        RenderError: it failed otherwise; names what was being read where it crashed.
    """
    left_out: dict[str, str] = {}
    for attempt in range(MOST_ATTEMPTS):
        trial = replace(spec.without(left_out), folder=str(Path(spec.folder) / str(attempt)))
        try:
            return replace(render_spread(trial, limits, on_message), left_out=left_out)
        except (ChildCrashed, MemoryExceeded, RenderTimeout) as error:
            suspects = _suspects(trial)
            blamed = _blamed(spec, suspects, limits)
            if not blamed or attempt + 1 == MOST_ATTEMPTS:
                raise type(error)(_words(error, suspects), error.remedy) from error
            left_out |= blamed
    raise AssertionError("the loop returns or raises")


def draw_supervised(
    specs: Sequence[RenderSpec], limits: Limits, on_message: Notify
) -> list[RoomreelError | None]:
    """Draw compositions of one room together, in a process of its own.

    Returns:
        Of each spec, what kept it from being drawn; rendered alone, it tells of it again.

    Raises:
        RenderError: the process ended; what was finished is kept.
    """
    budget = limits.budget(sum(time_budget_s(spec.plan) for spec in specs))
    errors: list[RoomreelError | None] = isolate.run(draw_ahead, tuple(specs), budget, on_message)
    return errors


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


def _suspects(spec: RenderSpec) -> list[str]:
    """The recordings that were being read when a process of a render ended."""
    notes = sorted(Path(spec.folder).rglob(f"*.{READING_FILE}"))
    sids = sorted(spec.sources)
    return sorted({sid for note in notes for sid in left_reading(note, sids)})


def _blamed(spec: RenderSpec, suspects: Iterable[str], limits: Limits) -> dict[str, str]:
    """The suspects that bring down a process on their own, and how they do."""
    sources = {source.recording_sid: source for source in spec.plan.sources}
    blamed: dict[str, str] = {}
    for sid in suspects:
        source = sources[sid]
        budget = limits.budget(ALONE_S + float(source.span.duration) * PER_SECOND_S)
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
