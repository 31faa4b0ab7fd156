"""Layouts of regions: the grid of a region in a stretch, and what each cell shows at each time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from roomreel.model.geometry import Size
from roomreel.model.layout import Stretch
from roomreel.model.plan import RegionGrid
from roomreel.model.template import LastRow, Region, Reuse
from roomreel.plan.assign import assign
from roomreel.plan.grid import Grid, limited, region_grid
from roomreel.plan.spans import most_at_once
from roomreel.plan.tiles import Tile, tiles_of
from roomreel.plan.units import Unit


@dataclass(frozen=True, slots=True)
class RegionLayout:
    """A region, resolved, while its layout is on.

    Attributes:
        asked: as the template has it.
        stretch: when it is on.
        region: as the plan has it.
        tiles: who is in its cells, and what is seen there.
        shown: the sids of the units that have a cell at some time.
    """

    asked: Region
    stretch: Stretch
    region: RegionGrid
    tiles: tuple[Tile, ...]
    shown: frozenset[str]


def lay_out_region(
    region: Region, canvas: Size, units: Iterable[Unit], stretch: Stretch
) -> RegionLayout:
    """Resolve a region in a stretch as if nothing else were: size the grid, assign cells."""
    present = [one.within(stretch.span) for one in units]
    there = [one for one in present if not one.span.is_empty]
    needed = len(there) if region.reuse is Reuse.NONE else most_at_once(one.span for one in there)
    rect = region.rect(canvas)
    inner = rect.inset(region.padding)
    grid = region_grid(limited(region, inner), needed)
    placed = assign(there, grid.cells(region.cells_excluded), region.reuse)
    centred = _centred(region, grid, (one.cell for one in placed))
    return RegionLayout(
        asked=region,
        stretch=stretch,
        region=RegionGrid(
            name=region.name,
            rect=rect,
            z=region.z,
            columns=grid.columns,
            rows=grid.rows,
            bars=region.bars,
            corner_radius=region.corner_radius,
            layout=region.layout,
        ),
        tiles=tiles_of(
            placed, region.unit, lambda cell: grid.cell_rect(cell, inner, region.gap, centred)
        ),
        shown=frozenset(one.source.sid for one in placed),
    )


def _centred(region: Region, grid: Grid, taken: Iterable[int]) -> int:
    """Return how many cells of the last row are moved to its middle: up to the last ever taken."""
    if region.last_row is LastRow.START:
        return 0
    first = grid.columns * (grid.rows - 1)
    return max((cell + 1 - first for cell in taken if cell >= first), default=0)
