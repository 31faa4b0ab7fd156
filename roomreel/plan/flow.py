"""Flow: cells that follow who is there, in a grid that is always as large as it has to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from roomreel.model.geometry import Rect
from roomreel.model.template import LastRow, Region
from roomreel.model.time import Span
from roomreel.plan.grid import Grid, limited, region_grid
from roomreel.plan.spans import merged, minus
from roomreel.plan.tiles import Placed
from roomreel.plan.units import Unit

Hidden = Mapping[str, Sequence[Span]]
"""By the sid of a unit, when it is shown elsewhere and counts as absent; in order."""


def place_present(
    region: Region, inner: Rect, units: Iterable[Unit], hidden: Hidden
) -> tuple[tuple[Placed, ...], Grid]:
    """Return who is in which cell when, and the largest grid that there is at any time.

    At each instant the grid is that of those who are there then, and they fill its cells in their
    order, without holes; whoever is beyond the last cell is not shown.

    Args:
        inner: what cells and the gaps between them fill.
    """
    bounded = limited(region, inner)
    most = (bounded.max_columns or 0) * (bounded.max_rows or 0)
    starting: dict[Fraction, list[Unit]] = {}
    ending: dict[Fraction, list[Unit]] = {}
    for unit in units:
        for span in minus(unit.span, hidden.get(unit.sid, ())):
            starting.setdefault(span.start, []).append(unit)
            ending.setdefault(span.end, []).append(unit)
    present: dict[str, Unit] = {}
    open_now: dict[str, Placed] = {}
    placed: list[Placed] = []
    largest = Grid(0, 0)
    for instant in sorted({*starting, *ending}):
        for unit in ending.get(instant, ()):
            present.pop(unit.sid, None)
        for unit in starting.get(instant, ()):
            present[unit.sid] = unit
        shown = sorted(present.values(), key=lambda unit: unit.order)[: most or None]
        grid = region_grid(bounded, len(shown))
        largest = max(largest, grid, key=lambda one: one.cell_count)
        rect_of = _rects(region, grid, inner, len(shown))
        now = {unit.sid: (unit, cell, rect_of(cell)) for cell, unit in enumerate(shown)}
        for key, one in tuple(open_now.items()):
            if key not in now or now[key] != (one.unit, one.cell, one.rect):
                placed.append(one.until(instant))
                del open_now[key]
        for key, (unit, cell, rect) in now.items():
            open_now.setdefault(key, Placed(unit, cell, rect, Span(instant, instant)))
    return tuple(sorted(placed, key=lambda one: (one.span.start, one.cell))), largest


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
