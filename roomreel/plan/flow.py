"""Flow: cells that follow who is there, or who talks.

Those who have one are shown in a grid that is always as large as it has to be, or that stands still
while they change places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction

from roomreel.model.geometry import Rect
from roomreel.model.template import CellOrder, GridKind, LastRow, Region
from roomreel.model.time import Span
from roomreel.plan.conversation import Conversation
from roomreel.plan.grid import Grid, centred_cells, limited, region_grid
from roomreel.plan.seats import Hidden, Seats, changes_of, seats_by_speaker, seats_in_order
from roomreel.plan.spans import merged, minus, most_at_once
from roomreel.plan.tiles import Placed
from roomreel.plan.units import Unit

_Taken = dict[str, tuple[Unit, int, Rect]]
"""Who is in which cell, and where that is, by sid."""


def place_present(
    region: Region,
    inner: Rect,
    units: Sequence[Unit],
    hidden: Hidden,
    talk: Conversation,
    spoken: Sequence[Fraction],
) -> tuple[tuple[Placed, ...], Grid]:
    """Return who is in which cell when, and the largest grid that there is at any time.

    Args:
        inner: what cells and the gaps between them fill.
        spoken: the instants at which the active speaker changes.
    """
    bounded = limited(region, inner)
    if region.grid is GridKind.CURRENT:
        most = (bounded.max_columns or 0) * (bounded.max_rows or 0) or None
        seatings = [*_seatings(region, units, hidden, talk, spoken, most)]
        grids = [region_grid(bounded, len(seats)) for _, seats in seatings]
        largest = max(grids, key=lambda one: one.cell_count, default=Grid(0, 0))
        taken = (
            (at, _in_cells(seats, range(len(seats)), _rects(region, grid, inner, len(seats))))
            for (at, seats), grid in zip(seatings, grids, strict=True)
        )
        return _placed(taken), largest
    there = (span for unit in units for span in minus(unit.span, hidden.get(unit.sid, ())))
    grid = region_grid(bounded, most_at_once(there))
    cells = grid.cells(region.cells_excluded)
    seatings = [*_seatings(region, units, hidden, talk, spoken, len(cells))]
    count = max((len(seats) for _, seats in seatings), default=0)
    centred = centred_cells(region, grid, cells[:count])

    def rect_of(cell: int) -> Rect:
        return grid.cell_rect(cell, inner, region.gap, centred)

    return _placed((at, _in_cells(seats, cells, rect_of)) for at, seats in seatings), grid


def _seatings(
    region: Region,
    units: Iterable[Unit],
    hidden: Hidden,
    talk: Conversation,
    spoken: Sequence[Fraction],
    most: int | None,
) -> Iterator[tuple[Fraction, Seats]]:
    if region.order is CellOrder.SPEAKER:
        changes = changes_of(units, hidden, spoken)
        return seats_by_speaker(changes, most, talk, close_up=region.grid is GridKind.CURRENT)
    return seats_in_order(changes_of(units, hidden), most)


def _in_cells(seats: Seats, cells: Sequence[int], rect_of: Callable[[int], Rect]) -> _Taken:
    return {
        unit.sid: (unit, cell, rect_of(cell))
        for unit, cell in zip(seats, cells, strict=False)
        if unit is not None
    }


def _placed(taken: Iterable[tuple[Fraction, _Taken]]) -> tuple[Placed, ...]:
    """Return the stretches in which somebody stays in one place, from who is where at instants."""
    open_now: dict[str, Placed] = {}
    placed: list[Placed] = []
    for instant, now in taken:
        for key, one in tuple(open_now.items()):
            if key not in now or now[key] != (one.unit, one.cell, one.rect):
                placed.append(one.until(instant))
                del open_now[key]
        for key, (unit, cell, rect) in now.items():
            open_now.setdefault(key, Placed(unit, cell, rect, Span(instant, instant)))
    return tuple(sorted(placed, key=lambda one: (one.span.start, one.cell)))


def _rects(region: Region, grid: Grid, inner: Rect, count: int) -> Callable[[int], Rect]:
    """Return what says where a cell is while so many are taken."""
    centred = 0
    if region.last_row is LastRow.CENTER and grid.rows:
        centred = count - grid.columns * (grid.rows - 1)
    return lambda cell: grid.cell_rect(cell, inner, region.gap, centred)


def when_hidden(units: Iterable[Unit], elsewhere: Iterable[Placed], *, people: bool) -> Hidden:
    """Return when units are shown in other regions.

    Args:
        units: of a region.
        elsewhere: who is in cells of the regions whose units are not to be shown here.
        people: whether units are participants: then they are the same wherever one is shown; else
            wherever one of their recordings is.
    """
    shown: dict[str, list[Span]] = {}
    for one in elsewhere:
        for name in _names(one.unit, people=people):
            shown.setdefault(name, []).append(one.span)
    return {
        unit.sid: merged(
            span for name in _names(unit, people=people) for span in shown.get(name, ())
        )
        for unit in units
    }


def _names(unit: Unit, *, people: bool) -> Iterable[str]:
    return [unit.participant_sid] if people else [one.sid for one in unit.recordings]
