"""In which order frames are drawn: compositions of one room advance together through its time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.plan import Plan, Scene
from roomreel.model.time import frame_at

BATCH_FRAMES = 16
"""Frames decoded ahead at a time: enough that handing over costs nothing, few enough for memory
(25 cells of a 720p canvas: 22 MB a batch)."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames of one scene and one part, of one of the compositions that are drawn together.

    Attributes:
        view: which of them.
        part: frames that go to one file.
    """

    view: int
    scene: Scene
    part: range
    frames: range


def windows(views: Sequence[tuple[Plan, Sequence[range]]]) -> Iterator[list[Batch]]:
    """The batches of every stretch of room time, in order.

    Compositions have their own zero, trim and frame rate; what they show of a recording at an
    instant of the room is the same picture. So it is decoded once if all of them draw the frames
    of one stretch before any draws those of the next.

    Args:
        views: a plan, and the parts of it that are drawn, rising; frames in none are passed over.
    """
    step = BATCH_FRAMES / max(plan.frame_rate for plan, _ in views)
    at = min(plan.kept[0].room.start for plan, _ in views)
    end = max(plan.kept[-1].room.end for plan, _ in views)
    done = [0] * len(views)
    while at < end:
        # Offsets may be wrong by years: what none of them shows is passed over in one step.
        at = min(_shown_from(plan, at) for plan, _ in views if at < plan.kept[-1].room.end) + step
        batches: list[Batch] = []
        for view, (plan, parts) in enumerate(views):
            until = _frames_before(plan, at)
            batches += _batches(view, plan, parts, range(done[view], until))
            done[view] = until
        if batches:
            yield batches


def _shown_from(plan: Plan, room_time: Fraction) -> Fraction:
    """The first instant in the output that is not before one of the room, which has not ended."""
    index = bisect_right(plan.kept, room_time, key=lambda kept: kept.room.end)
    return max(room_time, plan.kept[index].room.start)


def _frames_before(plan: Plan, room_time: Fraction) -> int:
    """How many frames show the room before an instant of it."""
    index = bisect_right(plan.kept, room_time, key=lambda kept: kept.room.start) - 1
    if index < 0:
        return 0
    kept = plan.kept[index]
    if room_time >= plan.kept[-1].room.end:
        return plan.frame_count
    inside = min(room_time - kept.room.start, kept.room.duration)
    return frame_at(kept.start + inside, plan.frame_rate)


def _batches(view: int, plan: Plan, parts: Sequence[range], frames: range) -> Iterator[Batch]:
    for part in parts:
        inside = _common(part, frames)
        first = bisect_right(plan.scenes, inside.start, key=lambda scene: scene.end_frame)
        for scene in plan.scenes[first:]:
            if scene.start_frame >= inside.stop:
                break
            shared = _common(inside, range(scene.start_frame, scene.end_frame))
            if shared:
                yield Batch(view, scene, part, shared)


def _common(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))
