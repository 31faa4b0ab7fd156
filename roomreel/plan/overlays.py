"""Overlays: what of a template is drawn over and under pictures, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from operator import attrgetter

from roomreel.model.clock import Clock
from roomreel.model.geometry import Size
from roomreel.model.look import (
    BLACK,
    Asset,
    Background,
    ClockText,
    Drawing,
    Fill,
    Image,
    Overlay,
    OverlayKind,
    OverlayState,
    Text,
)
from roomreel.model.overlay import ClockOverlay, ImageOverlay, Placed, TemplateOverlay, TextOverlay
from roomreel.model.plan import PlanWarning, WarningCode
from roomreel.model.room import Room
from roomreel.model.template import Template
from roomreel.model.time import Span
from roomreel.model.window import Window
from roomreel.plan.drawing_order import DrawingOrder
from roomreel.plan.placing import rect_of
from roomreel.plan.spans import merged, within
from roomreel.plan.stage import Stage
from roomreel.plan.tile_overlays import tile_overlays
from roomreel.plan.variables import SPEAKER, expand, variables_of
from roomreel.text import shown_name, without_controls

LOWEST_Z = -100
"""Of the background: below all that a template can ask for."""


def overlays(stage: Stage) -> tuple[Overlay, ...]:
    """Return the overlays of a composition in drawing order.

    What never shows anything is left out.

    Raises:
        AssetMissing: a file that is drawn is not among the assets.
    """
    template = stage.template
    found = [
        *_background(template.background, stage),
        *_tracks(_regions(stage)),
        *(made for one in template.overlays if (made := _overlay(one, stage)).states),
    ]
    order = DrawingOrder(layout.region for layout in stage.layouts)
    return tuple(sorted((one for one in found if one.opacity), key=order.of_overlay))


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
    for layout in stage.layouts:
        region, colour = layout.region, layout.asked.background_color
        if colour is not None and colour.alpha:
            runs = _joined(stage.runs(layout.stretch.span))
            yield Overlay(
                kind=OverlayKind.REGION,
                rect=region.rect.even_outside,
                z=region.z,
                states=tuple(OverlayState(first, last, Fill(colour)) for first, last in runs),
                region=region.name,
                layout=region.layout,
            )
        yield from tile_overlays(layout, stage)


def _tracks(found: Iterable[Overlay]) -> Iterator[Overlay]:
    """Yield overlays, those that differ in their states alone as one, where they show something."""
    states: dict[Overlay, list[OverlayState]] = {}
    for one in found:
        states.setdefault(replace(one, states=()), []).extend(one.states)
    for track, shown in states.items():
        if shown:
            yield replace(track, states=tuple(sorted(shown, key=attrgetter("start_frame"))))


def _overlay(one: TemplateOverlay, stage: Stage) -> Overlay:
    own, kind = None, OverlayKind.TEXT
    if isinstance(one, ImageOverlay):
        asset, kind = stage.asset(one.image), OverlayKind.IMAGE
        own = Size(asset.width, asset.height)
        states = _states(one, stage, Image(asset.path, asset.sha256))
    elif isinstance(one, ClockOverlay):
        kind, states = OverlayKind.CLOCK, tuple(_clock_states(one, stage))
    else:
        states = tuple(_text_states(one, stage))
    return Overlay(
        kind=kind,
        rect=rect_of(one, stage.template.resolution, own),
        z=one.z,
        states=states,
        opacity=one.opacity,
        anchor=one.anchor,
    )


def _text_states(one: TextOverlay, stage: Stage) -> Iterator[OverlayState]:
    """Yield what a text says, and when; where it names the active speaker, one for each of them."""
    said = without_controls(one.text)
    if SPEAKER not in variables_of(said):
        yield from _states(one, stage, Text(expand(said, stage.values), one.style))
        return
    spans = merged(_spans(one, stage))
    whole = Span(stage.zero, stage.kept[-1].room.end)
    spoken = [(stage.room.name_of(each.participant_sid), each.span) for each in stage.talk.lane]
    for name, during in spoken or [("", whole)]:
        text = expand(said, {**stage.values, SPEAKER: shown_name(name)})
        drawing = Text(text, one.style)
        if text.strip():
            runs = (run for span in within(during, spans) for run in stage.runs(span))
            yield from (OverlayState(first, last, drawing) for first, last in _joined(runs))


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
    for span in merged(_spans(one, stage)):
        yield from stage.runs(span)


def _spans(one: Placed, stage: Stage) -> Iterator[Span]:
    """Yield when an overlay is there, in room time."""
    whole = Span(stage.zero, stage.kept[-1].room.end)
    on = [
        each.span for each in stage.stretches if one.layouts is None or each.layout in one.layouts
    ]
    for between in (Window(),) if one.between is None else one.between:
        yield from within(between.span(whole), on)


def _joined(runs: Iterable[tuple[int, int, Fraction]]) -> list[tuple[int, int]]:
    """Return runs of frames, those that touch as one."""
    joined: list[tuple[int, int]] = []
    for first, last, _ in runs:
        touches = joined and joined[-1][1] == first
        joined.append((joined.pop()[0] if touches else first, last))
    return joined
