import json
from pathlib import Path

import pytest

from roomreel.model.geometry import Rect
from roomreel.plan.grid import Grid, grid_for, region_grid

TABLES = json.loads(Path(__file__).with_name("grid_tables.json").read_text(encoding="utf-8"))


def test_the_tables_are_whole():
    assert len(TABLES["cases"]) == 48


@pytest.mark.parametrize(("sources", "max_rows", "max_columns", "rows", "columns"), TABLES["cases"])
def test_documented_grids(sources, max_rows, max_columns, rows, columns):
    assert grid_for(sources, max_columns, max_rows) == Grid(columns, rows)


def test_no_source_no_grid():
    assert grid_for(0, 3, 3) == Grid(0, 0)


@pytest.mark.parametrize(
    ("sources", "excluded", "maxima", "columns", "rows", "usable"),
    [
        pytest.param(4, (), (None, None), 2, 2, [0, 1, 2, 3], id="none-excluded"),
        pytest.param(4, (0,), (None, None), 3, 2, [1, 2, 3, 4, 5], id="one-more-row-or-column"),
        pytest.param(4, (99,), (None, None), 2, 2, [0, 1, 2, 3], id="outside-is-ignored"),
        pytest.param(3, (3,), (None, None), 2, 2, [0, 1, 2], id="spare-cell-excluded"),
        pytest.param(8, (4,), (3, 3), 3, 3, [0, 1, 2, 3, 5, 6, 7, 8], id="mosaic"),
        pytest.param(9, (4,), (3, 3), 3, 3, [0, 1, 2, 3, 5, 6, 7, 8], id="mosaic-overfull"),
        pytest.param(5, (1, 3, 5, 7), (3, 3), 3, 3, [0, 2, 4, 6, 8], id="chess"),
        pytest.param(2, (0, 1), (None, 1), 4, 1, [2, 3], id="one-row-grows"),
        pytest.param(2, (0, 1), (1, None), 1, 4, [2, 3], id="one-column-grows"),
        pytest.param(1, (0,), (1, 1), 1, 1, [], id="all-excluded"),
        pytest.param(2, (0, 1, 2, 3), (2, 2), 2, 2, [], id="all-excluded-2x2"),
        pytest.param(0, (0,), (None, None), 0, 0, [], id="no-source"),
    ],
)
def test_excluded_cells_are_extra(make, sources, excluded, maxima, columns, rows, usable):
    region = make.region(max_columns=maxima[0], max_rows=maxima[1], cells_excluded=excluded)
    grid = region_grid(region, sources)
    assert grid == Grid(columns, rows)
    assert list(grid.cells(excluded)) == usable


def test_many_excluded_cells_are_no_trap(make):
    region = make.region(max_rows=1, cells_excluded=tuple(range(20_000)))
    assert region_grid(region, 1) == Grid(20_001, 1)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (0, Rect(10, 20, 33, 5)),
        (1, Rect(43, 20, 33, 5)),
        (2, Rect(76, 20, 34, 5)),
        (5, Rect(76, 25, 34, 6)),
    ],
)
def test_cell_edges_are_rounded_down_and_fill_the_region(cell, expected):
    assert Grid(3, 2).cell_rect(cell, Rect(10, 20, 100, 11)) == expected
