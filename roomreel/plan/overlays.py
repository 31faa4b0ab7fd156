"""Overlays: what of a template is drawn over and under pictures, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property

from roomreel.errors import AssetMissing
from roomreel.model.clock import Clock
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import (
    BLACK,
    Asset,
    Background,
    Between,
    ClockOverlay,
    ClockText,
    Drawing,
    Fill,
    Image,
    ImageOverlay,
    Overlay,
    OverlayKind,
    OverlayState,
    Placed,
    TemplateOverlay,
    Text,
    TextOverlay,
)
from roomreel.model.plan import OutputSegment, PlanWarning, RegionGrid, WarningCode
from roomreel.model.room import Room
from roomreel.model.template import Template
from roomreel.model.time import Span, frame_at
from roomreel.plan.placing import rect_of
from roomreel.plan.spans import merged
from roomreel.plan.timeline import in_output
from roomreel.plan.variables import expand
from roomreel.text import shown_name, without_controls

LOWEST_Z = -100
"""Of the background: below all that a template can ask for."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Stage:
    """All that decides overlays.

    Attributes:
        zero: seconds on the room clock at which the composition begins before anything is cut.
        kept: what of the room clock is in the output.
        frame_count: of the composition.
        assets: by path, or why they cannot be drawn.
    """

    room: Room
    template: Template
    regions: Sequence[RegionGrid]
    zero: Fraction
    kept: Sequence[OutputSegment]
    frame_count: int
    assets: Mapping[str, Asset | AssetMissing]

    @cached_property
    def canvas(self) -> Rect:
        """All of the picture, with the line that is added to an odd side."""
        size = self.template.resolution.padded_even
        return Rect(0, 0, size.width, size.height)

    @cached_property
    def values(self) -> Mapping[str, str]:
        """The values of variables."""
        date = self.room.date_created or self.room.end_time
        return {
            "room": shown_name(self.room.unique_name),
            "date": date.date().isoformat() if date else "",
            "template": shown_name(self.template.friendly_name),
        }

    @cached_property
    def wall_ahead(self) -> Fraction | None:
        """The seconds since 1970 at which the room clock stood at 0; None where nothing says it."""
        if self.room.clock_zero is not None:
            return _since_1970(self.room.clock_zero)
        created = self.room.date_created
        return None if created is None else _since_1970(created) - self.zero

    def asset(self, path: str) -> Asset:
        """Return the asset of a path.

        Raises:
            AssetMissing: there is none.
        """
        found = self.assets.get(path, AssetMissing(f"there is no asset {path!r}"))
        if isinstance(found, AssetMissing):
            raise found
        return found

    def always(self, drawing: Drawing) -> tuple[OverlayState, ...]:
        """Return the states of what is shown from the first frame to the last."""
        return (OverlayState(0, self.frame_count, drawing),)


def overlays(stage: Stage) -> tuple[Overlay, ...]:
    """Return the overlays of a composition in drawing order: by z, of regions first.

    What never shows anything is left out.

    Raises:
        AssetMissing: a file that is drawn is not among the assets.
    """
    template = stage.template
    found = [
        *_background(template.background, stage),
        *_regions(stage),
        *(made for one in template.overlays if (made := _overlay(one, stage)).states),
    ]
    return tuple(sorted((one for one in found if one.opacity), key=lambda one: one.z))


def overlays_within(drawn: Iterable[Overlay], frames: range, rate: Fraction) -> tuple[Overlay, ...]:
    """Return overlays in a range of frames, cut at its edges and counted from its start."""
    cut = (replace(one, states=tuple(_cut(one.states, frames, rate))) for one in drawn)
    return tuple(one for one in cut if one.states)


def _cut(states: Iterable[OverlayState], frames: range, rate: Fraction) -> Iterator[OverlayState]:
    for state in states:
        start, end = max(state.start_frame, frames.start), min(state.end_frame, frames.stop)
        if start < end:
            drawing = state.drawing
            if isinstance(drawing, ClockText):
                later = (start - state.start_frame) / rate
                drawing = replace(drawing, at=drawing.at + later)
            yield OverlayState(start - frames.start, end - frames.start, drawing)


def drawn_assets(stage: Stage, drawn: Iterable[Overlay]) -> tuple[Asset, ...]:
    """Return the assets that overlays draw, by path."""
    return tuple(map(stage.asset, drawn_paths(drawn)))


def drawn_paths(drawn: Iterable[Overlay]) -> list[str]:
    """Return the paths of the assets that overlays draw, sorted."""
    states = (state for overlay in drawn for state in overlay.states)
    return sorted({state.drawing.path for state in states if isinstance(state.drawing, Image)})


def _since_1970(instant: datetime) -> Fraction:
    return Fraction((instant - _EPOCH) // timedelta(microseconds=1), 1_000_000)


def overlay_warnings(room: Room, template: Template) -> Iterator[PlanWarning]:
    """Yield what is not known of a room that overlays of a template ask for."""
    clocks = (one.clock for one in template.overlays if isinstance(one, ClockOverlay))
    if Clock.WALL in clocks and room.clock_zero is None:
        since = "date_created" if room.date_created else "nothing: there is no date_created, either"
        message = f"the room has no clock_zero: a wall clock in the picture counts from {since}"
        yield PlanWarning(WarningCode.CLOCK_UNKNOWN, "", message)


def _background(background: Background, stage: Stage) -> Iterator[Overlay]:
    drawings: list[Drawing] = []
    if background.color != BLACK:
        drawings.append(Fill(background.color))
    if background.image is not None:
        asset = stage.asset(background.image)
        drawings.append(Image(asset.path, asset.sha256, background.fit))
    for drawing in drawings:
        states = stage.always(drawing)
        yield Overlay(OverlayKind.BACKGROUND, stage.canvas, LOWEST_Z, states)


def _regions(stage: Stage) -> Iterator[Overlay]:
    colours = {region.name: region.background_color for region in stage.template.regions}
    for region in stage.regions:
        colour = colours[region.name]
        if colour is not None and colour.alpha:
            rect, states = region.rect.even_outside, stage.always(Fill(colour))
            yield Overlay(OverlayKind.REGION, rect, region.z, states, region=region.name)


def _overlay(one: TemplateOverlay, stage: Stage) -> Overlay:
    own, kind = None, OverlayKind.TEXT
    if isinstance(one, ImageOverlay):
        asset, kind = stage.asset(one.image), OverlayKind.IMAGE
        own = Size(asset.width, asset.height)
        states = _states(one, stage, Image(asset.path, asset.sha256))
    elif isinstance(one, ClockOverlay):
        kind, states = OverlayKind.CLOCK, tuple(_clock_states(one, stage))
    else:
        states = _states(one, stage, Text(_text(one, stage), one.style))
    return Overlay(
        kind=kind,
        rect=rect_of(one, stage.template.resolution, own),
        z=one.z,
        states=states,
        opacity=one.opacity,
        anchor=one.anchor,
    )


def _text(one: TextOverlay, stage: Stage) -> str:
    """Return what a text says."""
    return expand(without_controls(one.text), stage.values)


def _states(one: Placed, stage: Stage, drawing: Drawing) -> tuple[OverlayState, ...]:
    if isinstance(drawing, Text) and not drawing.text.strip():
        return ()
    return tuple(OverlayState(first, last, drawing) for first, last in _joined(_runs(one, stage)))


def _clock_states(one: ClockOverlay, stage: Stage) -> Iterator[OverlayState]:
    """Yield a state for each stretch of the output in which the clock runs on."""
    runs = _runs(one, stage)
    if one.clock is Clock.OUTPUT:
        running = [(first, last, Fraction(0)) for first, last in _joined(runs)]
    elif one.clock is Clock.ROOM:
        running = [(first, last, ahead - stage.zero) for first, last, ahead in runs]
    elif stage.wall_ahead is not None:
        wall = stage.wall_ahead + 60 * one.utc_offset_minutes
        running = [(first, last, ahead + wall) for first, last, ahead in runs]
    else:
        running = []
    for first, last, ahead in running:
        at = first / stage.template.frame_rate + ahead
        yield OverlayState(first, last, ClockText(one.clock, one.format, at, one.style))


def _runs(one: Placed, stage: Stage) -> Iterator[tuple[int, int, Fraction]]:
    """Yield the frames of an overlay, and what to add to their output time to get room time.

    Each run lies in one stretch of the room that is kept.
    """
    rate = stage.template.frame_rate
    for span in merged(_spans(one, stage)):
        for part, ahead in in_output(span, stage.kept):
            first, last = frame_at(part.start, rate), frame_at(part.end, rate)
            if first < last:
                yield first, last, ahead


def _spans(one: Placed, stage: Stage) -> Iterator[Span]:
    """Yield when an overlay is there, in room time."""
    end = stage.kept[-1].room.end
    for between in (Between(),) if one.between is None else one.between:
        start = stage.zero + Fraction(between.start_ms, 1000)
        last = end if between.end_ms is None else stage.zero + Fraction(between.end_ms, 1000)
        yield Span(start, last)


def _joined(runs: Iterable[tuple[int, int, Fraction]]) -> list[tuple[int, int]]:
    """Return runs of frames, those that touch as one."""
    joined: list[tuple[int, int]] = []
    for first, last, _ in runs:
        touches = joined and joined[-1][1] == first
        joined.append((joined.pop()[0] if touches else first, last))
    return joined
