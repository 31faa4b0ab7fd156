"""The progress of a render, on standard error: a bar on a terminal, elsewhere a line a minute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

from rich import progress
from rich.console import Console

from roomreel.cli import console
from roomreel.compose.progress import Pace

if TYPE_CHECKING:
    from roomreel.compose.progress import OnProgress, Progress


@contextmanager
def progress_of(name: str, frames: int, rate: Fraction) -> Iterator[OnProgress]:
    """Show the progress of a render while the block runs, which calls what it is given.

    Args:
        name: of what is made, for the lines.
        frames: how many there will be.
        rate: frames a second of the output; a bar says the speed in multiples of real time.
    """
    screen = console.errors()
    if screen.is_terminal:
        with _bar(screen, frames, rate) as advance:
            yield advance
    else:
        yield _lines(name)


def _lines(name: str) -> OnProgress:
    pace = Pace()

    def advance(now: Progress) -> None:
        if line := pace.line(now):
            console.say(f"{name}: {line}")

    return advance


@contextmanager
def _bar(screen: Console, frames: int, rate: Fraction) -> Iterator[OnProgress]:
    shown = progress.Progress(
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("frames, {task.fields[speed]:.1f}x real time, left"),
        progress.TimeRemainingColumn(),
        console=screen,
        transient=True,
    )
    with shown:
        task = shown.add_task("", total=frames, speed=0.0)

        def advance(now: Progress) -> None:
            speed = now.frames_done / float(rate) / max(now.elapsed_s, 0.001)
            shown.update(task, completed=now.frames_done, speed=speed)

        yield advance
