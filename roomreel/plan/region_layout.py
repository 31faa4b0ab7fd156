"""Layouts of regions: the grid of a region in a stretch, and what each cell shows at each time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from roomreel.model.geometry import Rect, Size
from roomreel.model.layout import Stretch
from roomreel.model.plan import RegionGrid
from roomreel.model.template import CellOrder, GridKind, Region, Reuse, UnitKind
from roomreel.plan.assign import assign
from roomreel.plan.conversation import SILENCE, Conversation
from roomreel.plan.flow import place_present, when_hidden
from roomreel.plan.grid import Grid, centred_cells, limited, region_grid
from roomreel.plan.spans import most_at_once
from roomreel.plan.tiles import Placed, Tile, tiles_of
from roomreel.plan.units import Unit


@dataclass(frozen=True, slots=True)
class RegionLayout:
    """A region, resolved, while its layout is on.

    Attributes:
        asked: as the template has it.
        stretch: when it is on.
        region: as the plan has it.
        placed: which unit is in which cell.
        tiles: who is in its cells, and what is seen there.
    """

    asked: Region
    stretch: Stretch
    region: RegionGrid
    placed: tuple[Placed, ...]
    tiles: tuple[Tile, ...]

    @property
    def shown(self) -> frozenset[str]:
        """The sids of the units that have a cell at some time."""
        return frozenset(one.unit.sid for one in self.placed)


def lay_out(
    regions: Iterable[Region],
    canvas: Size,
    units: Mapping[Region, Sequence[Unit]],
    on: Stretch,
    talk: Conversation = SILENCE,
) -> Iterator[RegionLayout]:
    """Yield the layouts of the regions of a stretch, each of them as if nothing else were.

    But for those that are not to show what others do.

    Args:
        talk: for regions that follow who talks.
    """
    before: dict[str, tuple[Placed, ...]] = {}
    for region in regions:
        elsewhere = [one for name in region.not_shown_in for one in before[name]]
        layout = _lay_out_region(region, canvas, units[region], on, elsewhere, talk)
        before[region.name] = layout.placed
        yield layout


def _lay_out_region(
    region: Region,
    canvas: Size,
    units: Iterable[Unit],
    stretch: Stretch,
    elsewhere: Sequence[Placed],
    talk: Conversation,
) -> RegionLayout:
    present = [one.within(stretch.span) for one in units]
    there = [one for one in present if not one.span.is_empty]
    rect = region.rect(canvas)
    inner = rect.inset(region.padding)
    if region.grid is GridKind.CURRENT or region.order is CellOrder.SPEAKER:
        people = region.unit is UnitKind.PARTICIPANT
        hidden = when_hidden(there, elsewhere, people=people)
        spoken = talk.changes_within(stretch.span)
        placed, grid = place_present(region, inner, there, hidden, talk, spoken)
    else:
        placed, grid = _place_fixed(region, inner, there)
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
        placed=placed,
        tiles=tiles_of(placed, region.unit),
    )


def _place_fixed(
    region: Region, inner: Rect, units: Sequence[Unit]
) -> tuple[tuple[Placed, ...], Grid]:
    """Return who is in which cell of a grid that has room for the most at one time."""
    every = len(units)
    needed = every if region.reuse is Reuse.NONE else most_at_once(one.span for one in units)
    grid = region_grid(limited(region, inner), needed)
    placed = assign(units, grid.cells(region.cells_excluded), region.reuse)
    centred = centred_cells(region, grid, (one.cell for one in placed))
    found = (
        Placed(one.source, one.cell, grid.cell_rect(one.cell, inner, region.gap, centred), one.span)
        for one in placed
    )
    return tuple(found), grid
