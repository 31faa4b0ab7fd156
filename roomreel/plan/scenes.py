"""Scenes: what is seen, cut into spans of whole frames in which nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby, pairwise

from roomreel.model.framing import WHOLE, Framing
from roomreel.model.geometry import Rect
from roomreel.model.layout import DEFAULT
from roomreel.model.plan import OutputSegment, Placement, Plan, Scene
from roomreel.model.time import Span, frame_at
from roomreel.plan.region_layout import RegionLayout
from roomreel.plan.spans import minus
from roomreel.plan.timeline import in_output


@dataclass(frozen=True, slots=True, order=True)
class Layer:
    """One recording in one cell; sorts in drawing order.

    Attributes:
        media_lead: container time less output time, in seconds: equal as long as the medium runs
            on, so that two layers are equal if and only if one continues the other.
    """

    z: int
    region_index: int
    cell: int
    region: str
    recording_sid: str
    rect: Rect
    media_lead: Fraction
    framing: Framing = WHOLE
    layout: str = DEFAULT

    def placed(self, at: Fraction) -> Placement:
        """Return the placement of a scene whose first frame has this output time."""
        return Placement(
            recording_sid=self.recording_sid,
            region=self.region,
            cell=self.cell,
            rect=self.rect,
            z=self.z,
            media_start=at + self.media_lead,
            framing=self.framing,
            layout=self.layout,
        )


@dataclass(frozen=True, slots=True)
class VisibleInterval:
    """A layer that is visible over a span of output time."""

    layer: Layer
    span: Span


def visible_intervals(
    layouts: Sequence[RegionLayout], kept: Sequence[OutputSegment]
) -> Iterator[VisibleInterval]:
    """Yield what is visible in the output: intervals without pauses past `hold`, cut to it."""
    for index, layout in enumerate(layouts):
        for tile in layout.tiles:
            for shown in tile.shown:
                source = shown.source
                for part in minus(shown.span, source.blanks):
                    for span, ahead in in_output(part, kept):
                        layer = Layer(
                            z=layout.region.z,
                            region_index=index,
                            cell=tile.cell,
                            region=layout.region.name,
                            recording_sid=source.sid,
                            rect=tile.rect,
                            media_lead=ahead - source.offset,
                            framing=layout.asked.framing,
                            layout=layout.stretch.layout,
                        )
                        yield VisibleInterval(layer, span)


def scenes(
    intervals: Iterable[VisibleInterval], frame_count: int, rate: Fraction
) -> tuple[Scene, ...]:
    """Cut the frames [0, frame_count) into scenes, without gap or overlap.

    A piece is in every frame whose instant lies in its span; shorter ones may be in none.
    Neighbours never have equal placements: such scenes are one.
    """
    starting: dict[int, list[Layer]] = {0: [], frame_count: []}
    ending: dict[int, list[Layer]] = {}
    for interval in intervals:
        first, last = frame_at(interval.span.start, rate), frame_at(interval.span.end, rate)
        if first < last:
            starting.setdefault(first, []).append(interval.layer)
            starting.setdefault(last, [])
            ending.setdefault(last, []).append(interval.layer)
    now: set[Layer] = set()
    cuts: list[tuple[int, int, tuple[Layer, ...]]] = []
    for start, end in pairwise(sorted(starting)):
        now = now.difference(ending.get(start, ())).union(starting[start])
        cuts.append((start, end, tuple(sorted(now))))
    return tuple(
        _scene(list(run), layers, rate) for layers, run in groupby(cuts, key=lambda cut: cut[2])
    )


def _scene(
    run: Sequence[tuple[int, int, tuple[Layer, ...]]], layers: tuple[Layer, ...], rate: Fraction
) -> Scene:
    start = run[0][0]
    return Scene(start, run[-1][1], tuple(layer.placed(start / rate) for layer in layers))


def scenes_within(plan: Plan, frames: range) -> tuple[Scene, ...]:
    """Return the scenes of a range of frames, cut at its edges and counted from its start."""
    return tuple(
        _clipped(scene, frames, plan.frame_rate)
        for scene in plan.scenes
        if scene.start_frame < frames.stop and scene.end_frame > frames.start
    )


def _clipped(scene: Scene, frames: range, rate: Fraction) -> Scene:
    start, end = max(scene.start_frame, frames.start), min(scene.end_frame, frames.stop)
    later = (start - scene.start_frame) / rate
    return Scene(
        start - frames.start,
        end - frames.start,
        tuple(replace(p, media_start=p.media_start + later) for p in scene.placements),
    )
