"""Render in a process of its own, and where one recording brings it down, without that one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from roomreel.errors import RenderError, RoomreelError, SourceFailed
from roomreel.model.plan import Plan
from roomreel.process import isolate
from roomreel.render.blame import FAILURES, find_culprits, sources_in_use
from roomreel.render.spec import OnFrames, Rendered, RenderSpec, time_budget_s
from roomreel.render.spread import Limits, render_spread
from roomreel.render.worker import render_parts
from roomreel.storage import environment_for

MOST_ATTEMPTS = 5
"""Renders of one composition, the first included. After the second every recording was tried on its
own; what fails from there on does so only together with others, or only now and then."""


def render_supervised(spec: RenderSpec, limits: Limits, on_message: OnFrames) -> Rendered:
    """Render in processes of its own; what their decoders cannot survive is left out.

    A recording that fails a render by an exception is named by it. Where the process crashed, was
    stuck or took too much, each recording that was being read does its part of the render alone, in
    another one. Those that fail there, too, are black or silent in their place, and the composition
    is made.

    Args:
        on_message: called with the count of frames done, and None where there is other progress.

    Raises:
        SourceFailed: pictures or sound that the plan copies cannot be copied.
        RenderTimeout: past its budget, and no recording is to blame.
        RenderError: it failed otherwise; names what was being read where it crashed.
    """
    left_out: dict[str, str] = {}
    for attempt in range(MOST_ATTEMPTS):
        trial = replace(spec.without(left_out), folder=str(Path(spec.folder) / str(attempt)))
        try:
            return replace(render_spread(trial, limits, on_message), left_out=left_out)
        except FAILURES as error:
            in_use = sources_in_use(trial)
            last = attempt + 1 == MOST_ATTEMPTS
            suspects = trial.sources if attempt else in_use
            blamed = {} if last else find_culprits(trial, error, suspects, limits)
            if not blamed:
                raise type(error)(_words(error, in_use), error.remedy) from error
            _refuse_copies(spec.plan, blamed)
            left_out |= blamed
    raise AssertionError("the loop returns or raises")


def render_parts_supervised(
    specs: Sequence[RenderSpec], limits: Limits, on_message: OnFrames
) -> list[RoomreelError | None]:
    """Render compositions of one room together, in a process of its own.

    Returns:
        For each spec the error that stopped it; rendered alone, it is raised again.

    Raises:
        RenderError: the process ended; what was finished is kept.
    """
    budget = limits.budget(sum(time_budget_s(spec.plan) for spec in specs))
    access = environment_for(path.file for spec in specs for path in spec.paths.values())
    return isolate.run(render_parts, tuple(specs), budget, on_message, access=access)


def _refuse_copies(plan: Plan, blamed: Mapping[str, str]) -> None:
    """Raise for a plan that copies what is left out: nothing is left of it."""
    for sid, how in blamed.items():
        sounds = plan.copies_sound and sid in {clip.recording_sid for clip in plan.audio}
        if sounds or (plan.copied and plan.copied.recording_sid == sid):
            raise SourceFailed(f"{sid} cannot be copied: {how}", sid=sid)


def _words(error: RenderError, suspects: Iterable[str]) -> str:
    if isinstance(error, SourceFailed):
        suspects = [error.sid]
    named = ", ".join(suspects)
    return f"{error.message}, while reading {named}" if named else error.message
