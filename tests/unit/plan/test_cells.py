"""Where cells lie in a region: gaps, padding, and a last row that is not full."""

from itertools import product
from math import floor

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from roomreel.model.geometry import Rect, Size
from roomreel.model.template import LastRow, Reuse
from roomreel.plan.grid import SMALLEST_CELL, Grid

HD = Size(1280, 720)


@pytest.fixture
def layout(make):
    """A region of pictures that last from a second to a second, laid out."""

    def build(spans, canvas=HD, **members):
        usable = {
            f"RT{n:02}": make.usable(f"RT{n:02}", 1000 * start, 1000 * end)
            for n, (start, end) in enumerate(spans)
        }
        return make.laid_out(make.region(**members), canvas, usable)

    return build


def cells(layout):
    rects = {tile.cell: tile.rect for tile in layout.tiles if tile.shown}
    return [rects[cell] for cell in sorted(rects)]


def test_gaps_and_padding(layout):
    made = layout([(0, 9)] * 4, gap=8, padding=16)
    corners = [(16, 16), (644, 16), (16, 364), (644, 364)]
    assert cells(made) == [Rect(x, y, 620, 340) for x, y in corners]
    assert made.region.rect == Rect(0, 0, 1280, 720)


def test_a_last_row_in_the_middle(layout):
    made = layout([(0, 9)] * 5, gap=10, last_row=LastRow.CENTER)
    corners = [(0, 0), (430, 0), (860, 0), (215, 365), (645, 365)]
    assert cells(made) == [Rect(x, y, 420, 355) for x, y in corners]
    assert cells(layout([(0, 9)] * 5, gap=10))[3:] == [
        Rect(0, 365, 420, 355),
        Rect(430, 365, 420, 355),
    ]


def test_a_row_that_is_full_at_some_time_is_not_moved(layout):
    spans = [(0, 9)] * 4 + [(0, 2), (3, 9)]
    moved = {"last_row": LastRow.CENTER, "reuse": Reuse.SHOW_OLDEST}
    # The sixth finds the cell of the fifth idle; where no cell is used again it takes the last.
    assert cells(layout(spans, **moved))[3].x == 213
    assert [rect.x for rect in cells(layout(spans, **moved | {"reuse": Reuse.NONE}))[3:]] == [
        *(0, 426, 853)
    ]


def test_a_row_of_excluded_cells_counts_up_to_the_last_that_is_taken(layout):
    centred = {"max_columns": 3, "max_rows": 2, "last_row": LastRow.CENTER}
    behind = layout([(0, 9)] * 5, cells_excluded=(4, 5), **centred)
    assert cells(behind)[3:] == [Rect(426, 360, 426, 360)]
    before = layout([(0, 9)] * 5, cells_excluded=(3, 4), **centred)
    assert cells(before)[3:] == [Rect(853, 360, 427, 360)]
    nowhere = layout([(0, 9)] * 5, cells_excluded=(3, 4, 5), **centred)
    assert len(cells(nowhere)) == 3


def test_no_more_cells_than_there_is_room_for(layout):
    made = layout([(0, 9)] * 30, canvas=Size(160, 90), gap=16, padding=8)
    assert (made.region.columns, made.region.rows) == (5, 2)
    assert {warning.message for warning in made.warnings} == {
        "region 'main': none of its 10 cells was free"
    }
    assert len(made.warnings) == 20
    # Without gaps and padding, cells may be of any size, as ever.
    small = layout([(0, 9)] * 900, canvas=Size(160, 90)).region
    assert (small.columns, small.rows) == (30, 30)


@given(
    st.builds(Grid, st.integers(1, 9), st.integers(1, 9)),
    st.builds(
        Rect,
        st.integers(0, 99),
        st.integers(0, 99),
        st.integers(1, 3840),
        st.integers(1, 2160),
    ),
    st.integers(0, 200),
    st.integers(0, 9),
)
def test_cells_have_gaps_of_one_size_between_them_and_fill_the_region(grid, inner, gap, centred):
    centred = min(centred, grid.columns)
    assume((inner.width + gap) // grid.columns >= SMALLEST_CELL + gap)
    assume((inner.height + gap) // grid.rows >= SMALLEST_CELL + gap)
    last = centred or grid.columns
    rects = {
        (row, column): grid.cell_rect(row * grid.columns + column, inner, gap, centred)
        for row, column in product(range(grid.rows), range(grid.columns))
        if row < grid.rows - 1 or column < last
    }
    for (row, column), rect in rects.items():
        assert inner.contains(rect)
        assert min(rect.width, rect.height) >= SMALLEST_CELL
        right, below = rects.get((row, column + 1)), rects.get((row + 1, column))
        if right:
            assert right.x - rect.right == gap
        if below:
            assert below.y - rect.bottom == gap
    # The first row fills the region unless it is moved itself; a moved one is in the middle.
    row = [rect for (number, _), rect in rects.items() if number == grid.rows - 1]
    left, right = row[0].x - inner.x, inner.right - row[-1].right
    assert abs(left - right) <= 2 if centred else left == right == 0
    widths = {rect.width for rect in rects.values()}
    assert max(widths) - min(widths) <= 1
    assert floor((inner.width + gap) / grid.columns) - gap in widths
