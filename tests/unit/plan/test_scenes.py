from fractions import Fraction

import pytest

from roomreel.model.geometry import Rect
from roomreel.plan.scenes import Layer, VisibleInterval, scenes

RATE = Fraction(10)


def layer(name, cell=0, z=0, region_index=0, lead=0):
    return Layer(z, region_index, cell, "main", name, Rect(0, 0, 1, 1), Fraction(lead, 1000))


def cut(make, pieces, frame_count=10):
    pieces = [VisibleInterval(which, make.span(start, end)) for which, start, end in pieces]
    return [
        (scene.start_frame, scene.end_frame, [p.recording_sid for p in scene.placements])
        for scene in scenes(pieces, frame_count, RATE)
    ]


A, B = layer("A"), layer("B", cell=1)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param([], [(0, 10, [])], id="nothing"),
        pytest.param([(A, 0, 1000)], [(0, 10, ["A"])], id="one"),
        pytest.param([(A, 0, 950)], [(0, 10, ["A"])], id="last-frame-instant-is-within"),
        pytest.param([(A, 0, 900)], [(0, 9, ["A"]), (9, 10, [])], id="end-is-exclusive"),
        pytest.param([(A, 1, 1000)], [(0, 1, []), (1, 10, ["A"])], id="starts-after-an-instant"),
        pytest.param([(A, 310, 390)], [(0, 10, [])], id="between-two-instants-is-in-none"),
        pytest.param([(A, 300, 301)], [(0, 3, []), (3, 4, ["A"]), (4, 10, [])], id="one-frame"),
        pytest.param(
            [(A, 0, 600), (B, 300, 1000)],
            [(0, 3, ["A"]), (3, 6, ["A", "B"]), (6, 10, ["B"])],
            id="overlapping",
        ),
        pytest.param([(A, 0, 310), (A, 390, 1000)], [(0, 10, ["A"])], id="runs-on-unseen-break"),
        pytest.param(
            [(A, 0, 300), (A, 500, 1000)],
            [(0, 3, ["A"]), (3, 5, []), (5, 10, ["A"])],
            id="a-seen-break",
        ),
        pytest.param(
            [(A, 0, 300), (layer("A", lead=500), 300, 1000)],
            [(0, 3, ["A"]), (3, 10, ["A"])],
            id="a-jump-in-its-medium-is-a-new-scene",
        ),
    ],
)
def test_scenes_are_whole_frames(make, pieces, expected):
    assert cut(make, pieces) == expected


def test_no_frames_no_scenes(make):
    assert cut(make, [], frame_count=0) == []


def test_drawing_order_is_z_then_region_then_cell(make):
    layers = [
        layer("top", z=3),
        layer("r1c0", region_index=1),
        layer("r0c1", cell=1),
        layer("below", z=-1, cell=9, region_index=9),
        layer("r0c0"),
    ]
    [(_, _, order)] = cut(make, [(which, 0, 1000) for which in layers])
    assert order == ["below", "r0c0", "r0c1", "r1c0", "top"]


def test_media_start_is_that_of_the_first_frame_not_of_the_boundary(make):
    pieces = [VisibleInterval(layer("A", lead=40), make.span(333, 1000))]
    _, shown = scenes(pieces, 10, RATE)
    assert (shown.start_frame, shown.placements[0].media_start) == (4, Fraction(440, 1000))
