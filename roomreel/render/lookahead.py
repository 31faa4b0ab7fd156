"""The order of rendering: compositions of one room advance together through its time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.plan import Plan, Scene
from roomreel.model.time import frame_at

LOOKAHEAD_FRAMES = 16
"""Frames decoded ahead at a time: enough that handing over costs nothing, few enough for memory
(25 cells of a 720p canvas: 22 MB a lookahead)."""


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames of one scene and one chunk, of one of the compositions rendered together.

    Attributes:
        composition: its index.
        chunk: frames that go to one file.
    """

    composition: int
    scene: Scene
    chunk: range
    frames: range


def lookahead_ranges(
    compositions: Sequence[tuple[Plan, Sequence[range]]],
) -> Iterator[list[FrameRange]]:
    """Yield the ranges of frames of every lookahead, in order of room time.

    Compositions have their own zero, trim and frame rate; what they show of a recording at an
    instant of the room is the same picture. So it is decoded once if all of them render the frames
    of one stretch before any renders those of the next.

    Args:
        compositions: a plan, and the chunks of it to render, rising; other frames are skipped.
    """
    step = LOOKAHEAD_FRAMES / max(plan.frame_rate for plan, _ in compositions)
    at = min(plan.kept[0].room.start for plan, _ in compositions)
    end = max(plan.kept[-1].room.end for plan, _ in compositions)
    done = [0] * len(compositions)
    while at < end:
        # Offsets may be wrong by years: what none of them shows is skipped in one step.
        at = (
            min(_shown_from(plan, at) for plan, _ in compositions if at < plan.kept[-1].room.end)
            + step
        )
        ranges: list[FrameRange] = []
        for composition, (plan, chunks) in enumerate(compositions):
            until = _frames_before(plan, at)
            ranges += _frame_ranges(composition, plan, chunks, range(done[composition], until))
            done[composition] = until
        if ranges:
            yield ranges


def _shown_from(plan: Plan, room_time: Fraction) -> Fraction:
    """Return the first instant of the room in the output that is not before `room_time`."""
    index = bisect_right(plan.kept, room_time, key=lambda kept: kept.room.end)
    return max(room_time, plan.kept[index].room.start)


def _frames_before(plan: Plan, room_time: Fraction) -> int:
    """Return the number of frames that show the room before an instant of it."""
    index = bisect_right(plan.kept, room_time, key=lambda kept: kept.room.start) - 1
    if index < 0:
        return 0
    kept = plan.kept[index]
    if room_time >= plan.kept[-1].room.end:
        return plan.frame_count
    inside = min(room_time - kept.room.start, kept.room.duration)
    return frame_at(kept.start + inside, plan.frame_rate)


def _frame_ranges(
    composition: int, plan: Plan, chunks: Sequence[range], frames: range
) -> Iterator[FrameRange]:
    for chunk in chunks:
        inside = _common(chunk, frames)
        first = bisect_right(plan.scenes, inside.start, key=lambda scene: scene.end_frame)
        for scene in plan.scenes[first:]:
            if scene.start_frame >= inside.stop:
                break
            shared = _common(inside, range(scene.start_frame, scene.end_frame))
            if shared:
                yield FrameRange(composition, scene, chunk, shared)


def _common(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))
