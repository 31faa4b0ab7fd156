"""Regions of a template: JSON to `Region`, what the schema cannot say of them, and back to JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from roomreel.documents.findings import Finding, Path, value_text
from roomreel.documents.framing import framing_members, parse_framing
from roomreel.documents.identity import digested
from roomreel.documents.look import colour, colour_text
from roomreel.documents.members import given, selection, sources
from roomreel.documents.tiles import parse_tile, tile_members
from roomreel.model.geometry import Size
from roomreel.model.layout import DEFAULT
from roomreel.model.look import BLACK
from roomreel.model.selection import Selection
from roomreel.model.template import CellOrder, GridKind, LastRow, Region, Reuse, UnitKind
from roomreel.plan.grid import SMALLEST_CELL, most_cells

SMALLEST_SIDE = 16
LONGEST_REGION_NAME = 10_000

DIGESTED = (
    *("cells_excluded", "height", "max_columns", "max_rows", "reuse", "video_sources"),
    *("video_sources_excluded", "width", "x_pos", "y_pos", "z_pos"),
)
"""The members of the first version: younger ones enter the digest where they are not at their
default."""

ALWAYS_WRITTEN = (*DIGESTED, "min_recording_ms")
"""What canonical JSON has of every region; of all other members it has what is not at its
default."""


def parse_region(name: str, node: Mapping[str, Any], layout: str = DEFAULT) -> Region:
    """Return the region that a member of the checked `video_layout` of a layout describes."""
    node = given(node)
    return Region(
        name=name,
        sources=selection(node, "video_sources"),
        x=node.get("x_pos", 0),
        y=node.get("y_pos", 0),
        z=node.get("z_pos", 0),
        width=node.get("width"),
        height=node.get("height"),
        max_columns=node.get("max_columns"),
        max_rows=node.get("max_rows"),
        cells_excluded=tuple(sorted({int(cell) for cell in node.get("cells_excluded", ())})),
        reuse=Reuse(node.get("reuse", Reuse.SHOW_OLDEST)),
        grid=GridKind(node.get("grid", GridKind.FIXED)),
        order=CellOrder(node.get("order", CellOrder.START)),
        not_shown_in=tuple(node.get("not_shown_in", ())),
        unit=UnitKind(node.get("unit", UnitKind.RECORDING)),
        voices=selection(node, "voice_sources"),
        min_recording_ms=node.get("min_recording_ms", 0),
        gap=node.get("gap", 0),
        padding=node.get("padding", 0),
        last_row=LastRow(node.get("last_row", LastRow.START)),
        framing=parse_framing(node),
        background_color=colour(node, "background_color", None),
        bars=colour(node, "bars", BLACK),
        corner_radius=node.get("corner_radius", 0),
        tile=parse_tile(node),
        layout=layout,
    )


def region_document(region: Region) -> dict[str, Any]:
    """Return a region as canonical JSON has it."""
    return digested(_members(region), ALWAYS_WRITTEN, _DEFAULT)


def digested_region(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a region's document that enter the digest of its template."""
    return digested(document, DIGESTED, _DEFAULT)


def _members(region: Region) -> dict[str, Any]:
    return {
        "cells_excluded": list(region.cells_excluded),
        "gap": region.gap,
        "grid": region.grid,
        "height": region.height,
        "last_row": region.last_row,
        "max_columns": region.max_columns,
        "max_rows": region.max_rows,
        "min_recording_ms": region.min_recording_ms,
        "not_shown_in": list(region.not_shown_in),
        "order": region.order,
        "padding": region.padding,
        "reuse": region.reuse,
        "unit": region.unit,
        "voice_sources": sources(region.voices.included),
        "voice_sources_excluded": sources(region.voices.excluded),
        "video_sources": sources(region.sources.included),
        "video_sources_excluded": sources(region.sources.excluded),
        "width": region.width,
        "x_pos": region.x,
        "y_pos": region.y,
        "z_pos": region.z,
        **framing_members(region.framing),
        "background_color": region.background_color and str(region.background_color),
        "bars": colour_text(region.bars),
        "corner_radius": region.corner_radius,
        **tile_members(region.tile),
    }


_DEFAULT = _members(Region(name="", sources=Selection()))


# What the schema cannot say. Any key may be missing here, or have None for a value that is broken
# and reported already; no value has a wrong type.


def names_of_regions(path: Path, layout: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the names in the `video_layout` at a path that are too short or too long."""
    for name in layout:
        if not 1 <= len(name) <= LONGEST_REGION_NAME:
            expected = f"a region name of 1 to {LONGEST_REGION_NAME} characters"
            yield Finding((*path, name), expected, value_text(name))


def voices_of_regions(path: Path, layout: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield the sounds that a `video_layout` asks tiles for in regions without participants."""
    for name, region in layout.items():
        members = region or {}
        if members.get("unit", UnitKind.RECORDING) == UnitKind.RECORDING:
            for key in ("voice_sources", "voice_sources_excluded"):
                if members.get(key):
                    expected = 'no key, or unit "participant": recordings of sound have no cells'
                    yield Finding((*path, name, key), expected, value_text(members[key]))


def cells_of_regions(path: Path, layout: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what the `video_layout` at a path says of cells that exclude each other.

    And the regions that are named there and do not come before.
    """
    before: list[str] = []
    for name, region in layout.items():
        members = region or {}
        grid = members.get("grid", GridKind.FIXED)
        order = members.get("order", CellOrder.START)
        for key, expected in _of_no_use(grid, order):
            # The canonical form says the default, too.
            if members.get(key) not in (None, _DEFAULT[key]):
                yield Finding((*path, name, key), expected, value_text(members[key]))
        elsewhere = members.get("not_shown_in") or ()
        if elsewhere and grid == GridKind.FIXED and order != CellOrder.SPEAKER:
            expected = 'no key, or grid "current", or order "speaker": others keep their cells'
            yield Finding((*path, name, "not_shown_in"), expected, value_text(elsewhere))
        for number, other in enumerate(elsewhere):
            if other is not None and other not in before:
                known = f"an earlier region of the layout: {', '.join(before) or 'there is none'}"
                yield Finding((*path, name, "not_shown_in", number), known, value_text(other))
        before.append(name)


def _of_no_use(grid: str | None, order: str | None) -> Iterator[tuple[str, str]]:
    """Yield the members that say nothing in a region, and what is to be there instead."""
    if grid == GridKind.CURRENT:
        expected = 'no key, or grid "fixed": one that follows who is there has no free cell'
        yield from (("reuse", expected), ("cells_excluded", expected))
    elif order == CellOrder.SPEAKER:
        yield "reuse", "no key, or another order: who talks takes the cell of who does not"


def geometry_of_regions(path: Path, layout: Mapping[str, Any], canvas: Size) -> Iterator[Finding]:
    """Yield the members of a `video_layout` for which a canvas has no room."""
    for name, region in layout.items():
        for axis, side in ((_COLUMNS, canvas.width), (_ROWS, canvas.height)):
            broken = dict(_sticks_out(region or {}, axis, side))
            broken |= {} if broken else dict(_too_small(region or {}, axis, side))
            for key, expected in broken.items():
                yield Finding((*path, name, key), expected, str(region[key]))


@dataclass(frozen=True, slots=True)
class _Axis:
    """The members of a region that are about one direction."""

    position: str
    size: str
    most_cells: str


_COLUMNS = _Axis("x_pos", "width", "max_columns")
_ROWS = _Axis("y_pos", "height", "max_rows")


def _sticks_out(region: Mapping[str, Any], axis: _Axis, side: int) -> Iterator[tuple[str, str]]:
    """Yield the keys that stick out on one axis, and what would fit; an unset size counts as 16."""
    position = region.get(axis.position) or 0
    size = region.get(axis.size) or SMALLEST_SIDE
    if position > side - SMALLEST_SIDE:
        yield axis.position, f"an integer from 0 to {max(side - size, 0)}, inside the resolution"
        position = 0
    if size > side - position:
        yield axis.size, f"an integer from 16 to {side - position}, inside the resolution"


def _too_small(region: Mapping[str, Any], axis: _Axis, side: int) -> Iterator[tuple[str, str]]:
    """Yield the key by which cells get too small on one axis, and what would fit.

    Judged is the largest grid that the maxima allow; without a maximum the planner makes no more
    cells than there is room for.
    """
    gap, padding = (region.get(key) or 0 for key in ("gap", "padding"))
    if not (gap or padding):
        return
    size = region.get(axis.size) or side - (region.get(axis.position) or 0)
    fitting = most_cells(size - 2 * padding, gap)
    if fitting < 1:
        most = (size - SMALLEST_CELL) // 2
        yield "padding", f"an integer from 0 to {most}, which leaves {SMALLEST_CELL} pixels"
    elif (region.get(axis.most_cells) or 1) > fitting:
        expected = f"an integer from 1 to {fitting}, so that cells have {SMALLEST_CELL} pixels"
        yield axis.most_cells, f"{expected} beside gap and padding"
