"""Overlays of tiles: what a region draws in its cells, one track for each cell and kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from roomreel.model.geometry import Rect, Size
from roomreel.model.look import (
    Align,
    Anchor,
    Drawing,
    MicOff,
    Overlay,
    OverlayKind,
    OverlayState,
    Text,
)
from roomreel.model.tiles import BARE, Label, MicIcon, TileLook
from roomreel.model.time import Span
from roomreel.plan.placeholders import placeholder_drawing
from roomreel.plan.placing import anchored, least_size_of_text, left_along
from roomreel.plan.region_layout import RegionLayout
from roomreel.plan.select import matches
from roomreel.plan.spans import merged, minus, within
from roomreel.plan.stage import Stage
from roomreel.plan.tiles import Tile
from roomreel.plan.variables import expand
from roomreel.text import shown_name, without_controls

BESIDE = 8
"""Pixels between a label and a sign."""


@dataclass(frozen=True, slots=True)
class _Track:
    """All of one kind in one cell.

    Attributes:
        shown: what it shows, and when, on the room clock; no two spans overlap.
    """

    kind: OverlayKind
    rect: Rect
    shown: Sequence[tuple[Drawing, Iterable[Span]]]
    anchor: Anchor = Anchor.BOTTOM_LEFT
    radius: int = 0


def tile_overlays(layout: RegionLayout, stage: Stage) -> Iterator[Overlay]:
    """Yield what a region draws in its cells; what never shows anything is left out."""
    look, radius = layout.asked.tile, layout.region.corner_radius
    if look == BARE:
        return
    cells: dict[tuple[int, Rect], list[Tile]] = {}
    for tile in layout.tiles:
        cells.setdefault((tile.cell, tile.rect), []).append(tile)
    for (cell, rect), tiles in sorted(cells.items(), key=lambda item: item[0][0]):
        for track in _tracks(look, rect.even_inside, radius, tiles, stage):
            if states := _states(track, stage):
                yield Overlay(
                    kind=track.kind,
                    rect=track.rect,
                    z=layout.region.z,
                    states=states,
                    region=layout.region.name,
                    layout=layout.region.layout,
                    cell=cell,
                    anchor=track.anchor,
                    radius=track.radius,
                )


def _tracks(
    look: TileLook, cell: Rect, radius: int, tiles: Sequence[Tile], stage: Stage
) -> Iterator[_Track]:
    shown = [(_placeholder(look, tile, stage), tile.blank) for tile in tiles if tile.blank]
    drawn = [(drawing, spans) for drawing, spans in shown if drawing is not None]
    yield _Track(OverlayKind.PLACEHOLDER, cell, drawn, radius=radius)
    if look.border is not None:
        border = replace(look.border, radius=radius)
        quiet = [(border, _silent(look, tile, stage)) for tile in tiles]
        yield _Track(OverlayKind.BORDER, cell, quiet)
    if look.talking_border is not None:
        border = replace(look.talking_border, radius=radius)
        talking = [(border, _talking(tile, stage)) for tile in tiles]
        yield _Track(OverlayKind.TALKING, cell, talking)
    icon, mic = look.mic_icon, None
    if icon is not None and (mic := icon_rect(icon, cell)) is not None:
        silent = [(MicOff(), silences(tile, icon, stage)) for tile in tiles]
        yield _Track(OverlayKind.MIC, mic, silent)
    label = look.label
    if label is not None and (rect := label_rect(label, cell, mic)) is not None:
        texts = [(_text(label, tile, stage), [tile.span]) for tile in tiles]
        said = [(text, spans) for text, spans in texts if text.text.strip()]
        yield _Track(OverlayKind.LABEL, rect, said, label.anchor)


def _states(track: _Track, stage: Stage) -> tuple[OverlayState, ...]:
    """Return the states of a track, those that touch and show the same as one."""
    runs = (
        OverlayState(first, last, drawing)
        for drawing, spans in track.shown
        for span in spans
        for first, last, _ in stage.runs(span)
    )
    states: list[OverlayState] = []
    for run in sorted(runs, key=attrgetter("start_frame")):
        before = states[-1] if states else None
        if before and (before.end_frame, before.drawing) == (run.start_frame, run.drawing):
            states[-1] = replace(before, end_frame=run.end_frame)
        else:
            states.append(run)
    return tuple(states)


def label_rect(label: Label, cell: Rect, mic: Rect | None = None) -> Rect | None:
    """Return the rectangle of a label in a cell of even edges; None where it has no room.

    Where there is too little of it, the label is nearer to the edges of the cell than it asks for.
    One that may be as wide as the cell leaves room for a sign at its other end.
    """
    least = least_size_of_text(label.style)
    spare = Size(cell.width - least.width, cell.height - least.height)
    if spare.width < 0 or spare.height < 0:
        return None
    inset = Size(min(label.x, spare.width // 2), min(label.y, spare.height))
    left = left_along(label.anchor.across, cell.width, inset.width)
    width = min(label.max_width or cell.width - 2 * inset.width, left)
    size = Size(max(width, least.width), least.height)
    rect = anchored(cell, label.anchor, inset, size).even_outside.common(cell)
    if mic is None or label.max_width is not None or not rect.intersects(mic):
        return rect
    start, end = mic.right + BESIDE, mic.x - BESIDE
    if label.anchor.across is Align.START and end - rect.x >= least.width:
        return Rect(rect.x, rect.y, end - rect.x, rect.height)
    if label.anchor.across is Align.END and rect.right - start >= least.width:
        return Rect(start, rect.y, rect.right - start, rect.height)
    return rect


def icon_rect(icon: MicIcon, cell: Rect) -> Rect | None:
    """Return the rectangle of a sign in a cell of even edges; None where it has no room."""
    spare = Size(cell.width - icon.size, cell.height - icon.size)
    if spare.width < 0 or spare.height < 0:
        return None
    inset = Size(min(icon.x, spare.width), min(icon.y, spare.height))
    size = Size(icon.size, icon.size)
    return anchored(cell, icon.anchor, inset, size).even_outside.common(cell)


def silences(tile: Tile, icon: MicIcon, stage: Stage) -> tuple[Span, ...]:
    """Return the parts of a tile in which no sound that counts for an icon has a packet.

    As far as they last.
    """
    sounds = (
        one
        for one in stage.sounds.get(tile.participant_sid, ())
        if any(matches(pattern, one.recording, stage.people) for pattern in icon.sources)
    )
    heard = (part for one in sounds for part in minus(one.span, one.gaps))
    return tile.lasting(minus(tile.span, merged(heard)))


def _talking(tile: Tile, stage: Stage) -> tuple[Span, ...]:
    """Return the parts of a tile in which its participant is shown to talk."""
    return within(tile.span, stage.talk.shown_talking(tile.participant_sid))


def _silent(look: TileLook, tile: Tile, stage: Stage) -> tuple[Span, ...]:
    """Return the parts of a tile in which its border is not that of who talks."""
    if look.talking_border is None:
        return (tile.span,)
    return minus(tile.span, _talking(tile, stage))


def _placeholder(look: TileLook, tile: Tile, stage: Stage) -> Drawing | None:
    person = stage.room.participant(tile.participant_sid)
    return placeholder_drawing(look.placeholder, person, stage)


def _text(label: Label, tile: Tile, stage: Stage) -> Text:
    person = stage.room.participant(tile.participant_sid)
    values = {
        "name": shown_name(person.name),
        "identity": shown_name(person.identity),
        "track": shown_name(stage.tracks.get(tile.recording_sid or "", "")),
    }
    return Text(expand(without_controls(label.text), values), label.style)
