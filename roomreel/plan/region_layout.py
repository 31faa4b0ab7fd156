"""Layouts of regions: the grid of a region, and the source of each cell at each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.framing import Framing
from roomreel.model.geometry import Rect, Size
from roomreel.model.plan import PlanWarning, RegionGrid, WarningCode
from roomreel.model.room import MediaType
from roomreel.model.template import LastRow, Region, Reuse
from roomreel.model.time import decimal_text
from roomreel.plan.assign import CellInterval, assign
from roomreel.plan.grid import Grid, limited, region_grid
from roomreel.plan.overlap import one_at_a_time, without_short_overlaps
from roomreel.plan.select import People, select
from roomreel.plan.spans import most_at_once
from roomreel.plan.tiles import Tile, tiles_of
from roomreel.plan.usable import Usable


@dataclass(frozen=True, slots=True)
class RegionLayout:
    """A region, resolved.

    Attributes:
        framing: how pictures are put into its cells.
        inner: what its cells and the gaps between them fill.
        gap: pixels between cells.
        centred: how many cells of the last row are moved to its middle; 0: they are not.
        sources: with their effective spans in this region.
        intervals: what is on top of its cells, room clock; pauses not taken out yet.
        tiles: who is in its cells.
    """

    region: RegionGrid
    framing: Framing
    grid: Grid
    inner: Rect
    gap: int
    centred: int
    sources: tuple[Usable, ...]
    intervals: tuple[CellInterval, ...]
    tiles: tuple[Tile, ...]
    warnings: tuple[PlanWarning, ...]

    def cell_rect(self, cell: int) -> Rect:
        """Return the rectangle of a cell on the canvas."""
        return self.grid.cell_rect(cell, self.inner, self.gap, self.centred)


def lay_out_region(
    region: Region, canvas: Size, usable: Mapping[str, Usable], people: People
) -> RegionLayout:
    """Resolve a region: select, make spans effective, size the grid, assign cells."""
    recordings = (source.recording for source in usable.values())
    selected = select(region.sources, MediaType.VIDEO, recordings, people)
    chosen = [usable[recording.sid] for recording in selected]
    least = Fraction(region.min_recording_ms, 1000)
    long = [one for one in chosen if one.span.duration >= least]
    in_turn, overlaps = one_at_a_time(long)
    sources = without_short_overlaps(in_turn)
    needed = (
        len(sources)
        if region.reuse is Reuse.NONE
        else most_at_once(source.span for source in sources)
    )
    rect = region.rect(canvas)
    inner = rect.inset(region.padding)
    grid = region_grid(limited(region, inner), needed)
    intervals = assign(sources, grid.cells(region.cells_excluded), region.reuse)
    shown = {interval.source.sid for interval in intervals}
    waited = f"none of its {grid.cell_count} cells was free"
    unshown = [_unshown(region, one, waited) for one in sources if one.sid not in shown]
    brief = [_unshown(region, one, _too_short(one, least)) for one in chosen if one not in long]
    return RegionLayout(
        framing=region.framing,
        region=RegionGrid(
            name=region.name,
            rect=rect,
            z=region.z,
            columns=grid.columns,
            rows=grid.rows,
            bars=region.bars,
            corner_radius=region.corner_radius,
        ),
        grid=grid,
        inner=inner,
        gap=region.gap,
        centred=_centred(region, grid, intervals),
        sources=sources,
        intervals=intervals,
        tiles=tiles_of(intervals),
        warnings=(*overlaps, *unshown, *brief),
    )


def _centred(region: Region, grid: Grid, intervals: Iterable[CellInterval]) -> int:
    """Return how many cells of the last row are moved to its middle: up to the last ever taken."""
    if region.last_row is LastRow.START:
        return 0
    first = grid.columns * (grid.rows - 1)
    return max(
        (interval.cell + 1 - first for interval in intervals if interval.cell >= first), default=0
    )


def _unshown(region: Region, source: Usable, why: str) -> PlanWarning:
    return PlanWarning(WarningCode.SOURCES_NOT_SHOWN, source.sid, f"region {region.name!r}: {why}")


def _too_short(source: Usable, least: Fraction) -> str:
    lasts, asked = (decimal_text(seconds, 3) for seconds in (source.span.duration, least))
    return f"it lasts {lasts} s, less than {asked} s"
