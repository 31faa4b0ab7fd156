from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from roomreel.catalog.merge import merge, supersedes
from roomreel.catalog.schema.tables import normalised
from roomreel.model.table import Row, Table

T0 = datetime(2026, 11, 21, 1, tzinfo=UTC)


def row(table: Table = Table.COMPOSITIONS, minute: int = 0, **columns: Any) -> Row:
    base = {"sid": "X", "status": "completed", "updated_at": T0 + timedelta(minutes=minute)}
    return normalised(table, [base | columns])[0]


@pytest.mark.parametrize(
    ("new", "old", "stands"),
    [
        pytest.param(row(minute=1), row(), True, id="later"),
        pytest.param(row(), row(minute=1), False, id="earlier"),
        pytest.param(row(), row(), False, id="the same"),
        pytest.param(row(attempts=2), row(minute=9, attempts=1), True, id="more attempts"),
        pytest.param(row(minute=9, attempts=1), row(attempts=2), False, id="fewer attempts"),
        pytest.param(row(status="deleted"), row(minute=9, attempts=9), True, id="deleted beats"),
        pytest.param(row(minute=9, attempts=9), row(status="deleted"), False, id="deleted stays"),
        pytest.param(
            row(minute=9, status="deleted"), row(status="deleted"), False, id="first deletion"
        ),
    ],
)
def test_which_row_stands(new: Row, old: Row, stands: bool) -> None:
    assert supersedes(Table.COMPOSITIONS, new, old) is stands


def test_a_tie_is_decided_the_same_way_in_both_orders() -> None:
    one, other = row(room_name="a"), row(room_name="b")
    assert supersedes(Table.COMPOSITIONS, one, other) != supersedes(Table.COMPOSITIONS, other, one)


def test_rev_counts_from_one_and_ignores_what_a_change_brings() -> None:
    first = merge(Table.COMPOSITIONS, {}, [row(rev=77)])
    assert first["X"]["rev"] == 1
    assert merge(Table.COMPOSITIONS, first, [row(minute=1, rev=0)])["X"]["rev"] == 2


def test_merging_twice_changes_nothing() -> None:
    once = merge(Table.COMPOSITIONS, {}, [row(minute=1)])
    assert merge(Table.COMPOSITIONS, once, [row(minute=1), row()]) == once


def test_templates_done_gathers_even_from_a_change_that_came_late() -> None:
    standing = merge(Table.ROOMS, {}, [row(Table.ROOMS, minute=5, templates_done=["b"], type="x")])
    late = row(Table.ROOMS, minute=1, templates_done=["a"], type="y")
    after = merge(Table.ROOMS, standing, [late])["X"]
    assert (after["templates_done"], after["type"], after["rev"]) == (["a", "b"], "x", 2)


def test_templates_done_never_shrinks() -> None:
    standing = merge(Table.ROOMS, {}, [row(Table.ROOMS, templates_done=["a"])])
    after = merge(Table.ROOMS, standing, [row(Table.ROOMS, minute=1, templates_done=[])])["X"]
    assert after["templates_done"] == ["a"]
    assert after["updated_at"] == T0 + timedelta(minutes=1)


def test_the_rows_given_are_left_alone() -> None:
    standing = {"X": row(rev=1)}
    merge(Table.COMPOSITIONS, standing, [row(minute=1)])
    assert standing == {"X": row(rev=1)}
