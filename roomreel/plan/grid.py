"""Grids: how many columns and rows a region has, and where its cells are."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import isqrt

from roomreel.model.geometry import Rect
from roomreel.model.template import LastRow, Region

SMALLEST_CELL = 16
"""Pixels a side, where a region has gaps or padding."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Columns and rows of cells, numbered row by row from the upper left."""

    columns: int
    rows: int

    @property
    def cell_count(self) -> int:
        """Cells, excluded ones included."""
        return self.columns * self.rows

    def cells(self, excluded: Sequence[int]) -> tuple[int, ...]:
        """Return the indices that may be used, ascending."""
        out = frozenset(excluded)
        return tuple(cell for cell in range(self.cell_count) if cell not in out)

    def cell_rect(self, cell: int, inner: Rect, gap: int = 0, centred: int = 0) -> Rect:
        """Return the rectangle of a cell, edges rounded down.

        Args:
            cell: its index.
            inner: what the cells and the gaps between them fill.
            gap: pixels between cells.
            centred: how many cells of the last row are moved to its middle; 0: they are not.
        """
        row, column = divmod(cell, self.columns)
        wide, high = inner.width + gap, inner.height + gap
        left, right = (i * wide // self.columns for i in (column, column + 1))
        top, bottom = (j * high // self.rows for j in (row, row + 1))
        if centred and row == self.rows - 1:
            left, right = (
                edge + (self.columns - centred) * wide // (2 * self.columns)
                for edge in (left, right)
            )
        return Rect(inner.x + left, inner.y + top, right - left - gap, bottom - top - gap)


def grid_for(sources: int, max_columns: int | None = None, max_rows: int | None = None) -> Grid:
    """Return the grid of n sources, without excluded cells; 0 columns and rows for none.

    Source: the documented tables of the hosted service, all 48 rows.
    """
    if not sources:
        return Grid(0, 0)
    columns = isqrt(sources - 1) + 1
    rows = _ceil_div(sources, columns)
    if max_rows and rows > max_rows:
        rows = max_rows
        columns = _ceil_div(sources, rows)
    if max_columns and columns > max_columns:
        columns = max_columns
        rows = _ceil_div(sources, columns)
        rows = min(rows, max_rows) if max_rows else rows
    return Grid(columns, rows)


def region_grid(region: Region, sources: int) -> Grid:
    """Return the grid in which n sources of a region each find a cell that is not excluded.

    It is that of the smallest number of cells not below `sources` that leaves enough of them, or
    the largest the region's maxima allow.
    """
    excluded = region.cells_excluded
    # Each excluded cell can cost one: no larger number is ever needed.
    for wanted in range(sources, sources + len(excluded) + 1):
        grid = grid_for(wanted, region.max_columns, region.max_rows)
        usable = grid.cell_count - bisect_left(excluded, grid.cell_count)
        if usable >= sources:
            break
    return grid


def most_cells(side: int, gap: int) -> int:
    """Return how many cells of SMALLEST_CELL pixels or more a side has room for."""
    return (side + gap) // (SMALLEST_CELL + gap)


def limited(region: Region, inner: Rect) -> Region:
    """Return a region whose maxima leave its cells SMALLEST_CELL pixels a side.

    Args:
        region: one without gaps and padding is left as it is: its cells may be of any size.
        inner: the rectangle of the region without its padding.
    """
    if not (region.gap or region.padding):
        return region
    columns, rows = (most_cells(side, region.gap) for side in (inner.width, inner.height))
    return replace(
        region,
        max_columns=min(region.max_columns or columns, columns),
        max_rows=min(region.max_rows or rows, rows),
    )


def centred_cells(region: Region, grid: Grid, taken: Iterable[int]) -> int:
    """Return how many cells of the last row are moved to its middle: up to the last ever taken."""
    if region.last_row is LastRow.START:
        return 0
    first = grid.columns * (grid.rows - 1)
    return max((cell + 1 - first for cell in taken if cell >= first), default=0)


def _ceil_div(number: int, by: int) -> int:
    return -(-number // by)
