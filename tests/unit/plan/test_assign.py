import pytest

from roomreel.model.template import Reuse
from roomreel.plan.assign import assign

# The documented worked example: three at once in a row of two cells.
WORKED = {"0": (0, 10), "1": (0, 11), "2": (11, 20), "3": (11, 30), "4": (15, 40)}


def play(make, given, cells, reuse):
    sources = [make.usable(sid, *span, track_name=sid.split("/")[0]) for sid, span in given.items()]
    return [
        (shown.source.sid, shown.cell, int(shown.span.start * 1000), int(shown.span.end * 1000))
        for shown in assign(sources, cells, Reuse(reuse))
    ]


@pytest.mark.parametrize(
    ("reuse", "expected"),
    [
        ("none", [("0", 0, 0, 10), ("1", 1, 0, 11)]),
        (
            "show_oldest",
            [
                ("0", 0, 0, 10),
                ("1", 1, 0, 11),
                ("2", 0, 11, 20),
                ("3", 1, 11, 30),
                ("4", 0, 20, 40),
            ],
        ),
        (
            "show_newest",
            [
                ("0", 0, 0, 10),
                ("1", 1, 0, 11),
                ("2", 0, 11, 15),
                ("3", 1, 11, 30),
                ("4", 0, 15, 40),
            ],
        ),
    ],
)
def test_the_worked_example(make, reuse, expected):
    assert play(make, WORKED, [0, 1], reuse) == expected


@pytest.mark.parametrize(
    ("given", "cells", "reuse", "expected"),
    [
        pytest.param(
            {"a": (0, 20), "b": (5, 10)},
            [0],
            "show_newest",
            [("a", 0, 0, 5), ("b", 0, 5, 10), ("a", 0, 10, 20)],
            id="the-covered-one-shows-again",
        ),
        pytest.param(
            {"a": (0, 40), "b": (5, 30), "c": (10, 20)},
            [0],
            "show_newest",
            [("a", 0, 0, 5), ("b", 0, 5, 10), ("c", 0, 10, 20), ("b", 0, 20, 30), ("a", 0, 30, 40)],
            id="then-the-most-recently-added-that-runs",
        ),
        pytest.param(
            {"a": (0, 40), "b": (5, 15), "c": (10, 20)},
            [0],
            "show_newest",
            [("a", 0, 0, 5), ("b", 0, 5, 10), ("c", 0, 10, 20), ("a", 0, 20, 40)],
            id="what-ended-under-cover-does-not",
        ),
        pytest.param(
            {"a": (0, 20), "b": (0, 30), "c": (5, 40), "d": (6, 50)},
            [0, 1],
            "show_newest",
            [("a", 0, 0, 5), ("b", 1, 0, 6), ("c", 0, 5, 40), ("d", 1, 6, 50)],
            id="on-top-of-what-is-displayed-not-of-what-is-covered",
        ),
        pytest.param(
            {"a": (0, 20), "b": (0, 20), "c": (5, 10)},
            [0, 1],
            "show_newest",
            [("a", 0, 0, 5), ("b", 1, 0, 20), ("c", 0, 5, 10), ("a", 0, 10, 20)],
            id="tie-lowest-cell",
        ),
        pytest.param(
            {"a": (0, 20), "b": (3, 30), "c": (5, 30)},
            [0],
            "show_oldest",
            [("a", 0, 0, 20), ("b", 0, 20, 30)],
            id="oldest-waiting-first",
        ),
        pytest.param(
            {"a": (0, 20), "b": (3, 10), "c": (5, 30)},
            [0],
            "show_oldest",
            [("a", 0, 0, 20), ("c", 0, 20, 30)],
            id="who-ends-waiting-is-never-seen",
        ),
        pytest.param(
            {"a": (0, 20), "b": (3, 20), "c": (25, 30)},
            [0],
            "show_oldest",
            [("a", 0, 0, 20), ("c", 0, 25, 30)],
            id="who-ends-as-a-cell-becomes-free-is-never-seen",
        ),
        pytest.param(
            {"a": (0, 20), "b": (3, 30), "c": (20, 40)},
            [0],
            "show_oldest",
            [("a", 0, 0, 20), ("b", 0, 20, 30), ("c", 0, 30, 40)],
            id="who-waits-comes-before-who-starts",
        ),
        pytest.param(
            {"a": (0, 20), "b": (20, 40)},
            [0],
            "show_oldest",
            [("a", 0, 0, 20), ("b", 0, 20, 40)],
            id="ends-before-starts",
        ),
        pytest.param(
            {"a": (0, 5), "b": (0, 20), "c": (7, 20)},
            [0, 1, 2],
            "show_oldest",
            [("a", 0, 0, 5), ("b", 1, 0, 20), ("c", 0, 7, 20)],
            id="lowest-idle-before-fresh",
        ),
        pytest.param(
            {"a": (0, 5), "b": (7, 20), "c": (8, 20)},
            [2, 7],
            "none",
            [("a", 2, 0, 5), ("b", 7, 7, 20)],
            id="none-never-reuses",
        ),
        pytest.param(
            {"z/1": (0, 5), "y/3": (0, 5), "y/2": (0, 5)},
            [0, 1, 2],
            "none",
            [("y/2", 0, 0, 5), ("y/3", 1, 0, 5), ("z/1", 2, 0, 5)],
            id="ties-by-track-name-then-sid",
        ),
        pytest.param({"a": (0, 5)}, [], "none", [], id="no-cell-none"),
        pytest.param({"a": (0, 5)}, [], "show_oldest", [], id="no-cell-oldest"),
        pytest.param({"a": (0, 5)}, [], "show_newest", [], id="no-cell-newest"),
    ],
)
def test_reuse(make, given, cells, reuse, expected):
    assert play(make, given, cells, reuse) == expected
