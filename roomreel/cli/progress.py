"""A bar of frames, percent, speed and time left on standard error, where somebody looks at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING

from rich import progress

from roomreel.cli import console

if TYPE_CHECKING:
    from roomreel.compose import Progress


@contextmanager
def bar(frames: int, rate: Fraction) -> Iterator[Callable[[Progress], None]]:
    """Show a bar while the block runs; it is told how far the render is.

    Args:
        frames: how many there will be.
        rate: frames a second of the output; the speed is told in multiples of real time.
    """
    screen = console.errors()
    shown = progress.Progress(
        progress.BarColumn(),
        progress.TaskProgressColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("frames, {task.fields[speed]:.1f}x real time, left"),
        progress.TimeRemainingColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )
    with shown:
        task = shown.add_task("", total=frames, speed=0.0)

        def advance(now: Progress) -> None:
            speed = now.frames_done / float(rate) / max(now.elapsed_s, 0.001)
            shown.update(task, completed=now.frames_done, speed=speed)

        yield advance
