"""Layouts of regions: the grid of a region, and what each cell shows at each time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from roomreel.model.geometry import Size
from roomreel.model.plan import PlanWarning, RegionGrid
from roomreel.model.template import LastRow, Region, Reuse
from roomreel.model.tiles import PlaceholderKind
from roomreel.plan.assign import assign
from roomreel.plan.grid import Grid, limited, region_grid
from roomreel.plan.select import People
from roomreel.plan.spans import most_at_once
from roomreel.plan.tiles import Tile, tiles_of
from roomreel.plan.units import region_units, unshown
from roomreel.plan.usable import Usable


@dataclass(frozen=True, slots=True)
class RegionLayout:
    """A region, resolved.

    Attributes:
        asked: as the template has it.
        region: as the plan has it.
        sources: its videos, with their effective spans in this region.
        tiles: who is in its cells, and what is seen there.
    """

    asked: Region
    region: RegionGrid
    sources: tuple[Usable, ...]
    tiles: tuple[Tile, ...]
    warnings: tuple[PlanWarning, ...]


def lay_out_region(
    region: Region, canvas: Size, usable: Mapping[str, Usable], people: People
) -> RegionLayout:
    """Resolve a region: select, make spans effective, size the grid, assign cells."""
    if region.tile.placeholder.kind is PlaceholderKind.LAST_FRAME:
        usable = {sid: replace(source, blanks=()) for sid, source in usable.items()}
    units, warnings = region_units(region, usable, people)
    needed = len(units) if region.reuse is Reuse.NONE else most_at_once(unit.span for unit in units)
    rect = region.rect(canvas)
    inner = rect.inset(region.padding)
    grid = region_grid(limited(region, inner), needed)
    placed = assign(units, grid.cells(region.cells_excluded), region.reuse)
    shown = {one.source.sid for one in placed}
    waited = f"none of its {grid.cell_count} cells was free"
    unplaced = [unshown(region, unit, waited) for unit in units if unit.sid not in shown]
    centred = _centred(region, grid, (one.cell for one in placed))
    return RegionLayout(
        asked=region,
        region=RegionGrid(
            name=region.name,
            rect=rect,
            z=region.z,
            columns=grid.columns,
            rows=grid.rows,
            bars=region.bars,
            corner_radius=region.corner_radius,
        ),
        sources=tuple(video for unit in units for video in unit.videos),
        tiles=tiles_of(
            placed, region.unit, lambda cell: grid.cell_rect(cell, inner, region.gap, centred)
        ),
        warnings=(*warnings, *unplaced),
    )


def _centred(region: Region, grid: Grid, taken: Iterable[int]) -> int:
    """Return how many cells of the last row are moved to its middle: up to the last ever taken."""
    if region.last_row is LastRow.START:
        return 0
    first = grid.columns * (grid.rows - 1)
    return max((cell + 1 - first for cell in taken if cell >= first), default=0)
