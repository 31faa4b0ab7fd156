"""A plan reduced to what a peer can do: each track once, at a fixed place, from a start."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.composition import Job
from roomreel.model.geometry import Rect, Size
from roomreel.model.plan import Plan
from roomreel.model.template import Format


@dataclass(frozen=True, slots=True)
class Input:
    """A track: its file, seconds of output at its first packet, and its cell."""

    path: str
    start_s: float
    cell: Rect | None = None
    codec: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """What is seen and heard of a room in which nobody leaves."""

    canvas: Size
    rate: Fraction
    seconds: float
    frames: int
    format: Format
    pictures: tuple[Input, ...]
    voices: tuple[Input, ...]


def layout_of(job: Job, plan: Plan) -> Layout:
    """The tracks of a plan, pictures in the order of the fullest scene."""
    paths = {sid: medium.stored.location for sid, medium in job.media.items() if medium.stored}
    starts = {
        source.recording_sid: float(source.span.start - plan.kept[0].room.start)
        for source in plan.sources
    }
    fullest = max(plan.scenes, key=lambda scene: len(scene.placements))
    pictures = tuple(
        Input(
            paths[one.recording_sid],
            starts[one.recording_sid],
            one.rect.even_inside,
            codec_of(paths[one.recording_sid]),
        )
        for one in fullest.placements
    )
    voices = tuple(
        Input(paths[sid], starts[sid])
        for sid in sorted({clip.recording_sid for clip in plan.audio})
    )
    size = plan.resolution.padded_even
    return Layout(
        size, plan.frame_rate, float(plan.duration), plan.frame_count, plan.format, pictures, voices
    )


def codec_of(path: str) -> str:
    """vp8 or h264, by what the rooms have."""
    return "h264" if "/screen" in path else "vp8"
