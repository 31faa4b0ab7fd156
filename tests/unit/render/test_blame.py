"""Which recordings are left out where several fail only together."""

import pytest

from roomreel.render.blame import most_beyond

COSTS = {"a": 5.0, "b": 30.0, "c": 10.0, "d": 30.0}


@pytest.mark.parametrize(
    ("allowed", "left_out"),
    [(75, ["b"]), (45, ["b"]), (44, ["b", "d"]), (14, ["b", "d", "c"]), (0, ["b", "d", "c", "a"])],
)
def test_the_costliest_go_first_and_no_more_than_needed(allowed: float, left_out: list[str]):
    assert list(most_beyond(COSTS, allowed)) == left_out


def test_where_nothing_costs_anything_nobody_is_left_out():
    assert list(most_beyond({}, 10)) == []
