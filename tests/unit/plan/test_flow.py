"""Grids that follow who is there: their cells, their order, and who is shown elsewhere."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.geometry import Rect, Size
from roomreel.model.layout import LayoutTiming
from roomreel.model.look import OverlayKind
from roomreel.model.room import Participant
from roomreel.model.selection import Selection
from roomreel.model.template import CellOrder, GridKind, LastRow, UnitKind
from roomreel.model.tiles import Label, TileLook
from roomreel.plan.arrange import arrange
from roomreel.plan.grid import grid_for
from roomreel.plan.planner import make_plan

HD = Size(1280, 720)
MS = Fraction(1, 1000)
HOLD = Fraction(10)
CAMERAS = {"A": (0, 60_000), "B": (10_000, 60_000), "C": (20_000, 40_000)}
PEOPLE = {"A": "PA1", "B": "PA2", "C": "PA3", "D": "PA4"}


@pytest.fixture(scope="module")
def laid_out(make):
    """Regions of recordings by sid, whose first letter says whose they are."""

    def build(recordings, *regions, **changes):
        usable = {
            sid: make.usable(
                sid,
                *span,
                "audio" if "m" in sid else "video",
                participant_sid=PEOPLE[sid[0]],
                source_sid=f"MT{sid[0]}",
            )
            for sid, span in recordings.items()
        }
        people = {
            sid: Participant(sid, name)
            for sid, name in zip(PEOPLE.values(), ("dora", "carl", "bea", "abe"), strict=True)
        }
        template = make.template(*regions, resolution=HD, **changes)
        return arrange(template, usable, people)

    return build


def current(make, name="main", **members):
    return make.region(name, **{"grid": GridKind.CURRENT} | members)


def cells(layout):
    """Who is where, and when, in seconds."""
    return [
        (one.unit.sid, one.rect, float(one.span.start), float(one.span.end))
        for one in sorted(layout.placed, key=lambda one: (one.span.start, one.cell))
    ]


def at(layout, second):
    return {
        one.unit.sid: one.rect for one in layout.placed if one.span.start <= second < one.span.end
    }


def test_case_24_the_grid_is_that_of_who_is_there(make, laid_out):
    (layout,) = laid_out(CAMERAS, current(make)).layouts
    left, right = Rect(0, 0, 640, 720), Rect(640, 0, 640, 720)
    assert cells(layout) == [
        ("A", Rect(0, 0, 1280, 720), 0, 10),
        ("A", left, 10, 20),
        ("B", right, 10, 20),
        ("A", Rect(0, 0, 640, 360), 20, 40),
        ("B", Rect(640, 0, 640, 360), 20, 40),
        ("C", Rect(0, 360, 640, 360), 20, 40),
        ("A", left, 40, 60),
        ("B", right, 40, 60),
    ]
    assert (layout.region.columns, layout.region.rows) == (2, 2)


def test_case_24_in_frames(make):
    recordings = [make.recording(sid, participant_sid=PEOPLE[sid]) for sid in CAMERAS]
    media = {sid: make.video(*span) for sid, span in CAMERAS.items()}
    room = make.room(*recordings, identities=("a", "b", "c"))
    template = make.template(current(make), resolution=HD)
    plan = make_plan(room, template, media, HOLD)
    assert [(scene.end_frame, len(scene.placements)) for scene in plan.scenes] == [
        (300, 1),
        (600, 2),
        (1200, 3),
        (1800, 2),
    ]


def test_case_25_a_last_row_in_the_middle(make, laid_out):
    (layout,) = laid_out(CAMERAS, current(make, last_row=LastRow.CENTER)).layouts
    assert at(layout, 30)["C"] == Rect(320, 360, 640, 360)
    assert at(layout, 15) == {"A": Rect(0, 0, 640, 720), "B": Rect(640, 0, 640, 720)}


def test_case_28_a_track_that_comes_back_at_once_has_never_left(make, laid_out):
    lost = {"A": (0, 60_000), "B1": (0, 20_000), "B2": (20_400, 60_000)}
    label = TileLook(label=Label())
    (layout,) = laid_out(lost, current(make, tile=label)).layouts
    assert cells(layout) == [
        ("A", Rect(0, 0, 640, 720), 0, 60),
        ("B1", Rect(640, 0, 640, 720), 0, 60),
    ]
    (tile,) = [one for one in layout.tiles if one.participant_sid == "PA2"]
    assert [(float(one.start), float(one.end)) for one in tile.blank] == [(20, 20.4)]
    # One who is away for longer goes, and takes the room with them.
    timing = LayoutTiming(settle_ms=300)
    (away,) = laid_out(lost, current(make), layout_timing=timing).layouts
    assert at(away, 20.2) == {"A": Rect(0, 0, 1280, 720)}


def test_labels_move_with_the_cells(make):
    recordings = [make.recording(sid, participant_sid=PEOPLE[sid]) for sid in CAMERAS]
    media = {sid: make.video(*span) for sid, span in CAMERAS.items()}
    room = make.room(*recordings, identities=("a", "b", "c"))
    template = make.template(current(make, tile=TileLook(label=Label())), resolution=HD)
    plan = make_plan(room, template, media, HOLD)
    of_alice = [
        (one.rect.y, [(state.start_frame, state.end_frame) for state in one.states])
        for one in plan.overlays
        if one.kind is OverlayKind.LABEL and one.cell == 0
    ]
    assert sorted(of_alice) == [
        (304, [(600, 1200)]),
        (664, [(0, 300)]),
        (664, [(300, 600), (1200, 1800)]),
    ]


def test_names_say_who_comes_first(make, laid_out):
    (layout,) = laid_out(CAMERAS, current(make, order=CellOrder.NAME)).layouts
    # bea, carl, dora: the participants of C, B and A.
    assert sorted(
        at(layout, 30), key=lambda sid: at(layout, 30)[sid].y * 9999 + at(layout, 30)[sid].x
    ) == ["C", "B", "A"]
    together = {"A": (0, 9000), "B": (0, 9000), "C": (1000, 9000)}
    (fixed,) = laid_out(together, make.region(order=CellOrder.NAME, max_columns=2)).layouts
    assert [(one.unit.sid, one.cell) for one in fixed.placed] == [("B", 0), ("A", 1), ("C", 2)]


def test_who_is_beyond_the_last_cell_is_told_if_never_shown(make, laid_out):
    many = {"A": (0, 9000), "B": (0, 9000), "C": (0, 9000), "D": (0, 9000)}
    arranged = laid_out(many, current(make, max_columns=2, max_rows=1))
    (layout,) = arranged.layouts
    assert set(at(layout, 4)) == {"A", "B"}
    assert {one.recording_sid: one.message for one in arranged.warnings} == dict.fromkeys(
        "CD", "region 'main': none of its 2 cells was free"
    )


def test_whom_another_region_shows_is_not_shown_again(make, laid_out):
    main = make.region("main", max_columns=1, max_rows=1, width=1280, height=480)
    strip = current(make, "strip", y=480, max_rows=1, not_shown_in=("main",))
    recordings = {"A": (0, 20_000), "B": (5000, 60_000), "C": (10_000, 60_000)}
    first, second = laid_out(recordings, main, strip).layouts
    assert set(at(first, 15)) == {"A"}
    assert set(at(second, 15)) == {"B", "C"}
    # When alice leaves, bob moves up, and only carol is left in the strip.
    assert set(at(first, 30)) == {"B"}
    assert at(second, 30) == {"C": Rect(0, 480, 1280, 240)}


def test_participants_are_the_same_by_whatever_they_are_shown(make, laid_out):
    people = {"unit": UnitKind.PARTICIPANT, "voices": Selection(("*",))}
    main = make.region("main", sources=("track-A",), width=640)
    strip = current(make, "strip", x=640, not_shown_in=("main",), **people)
    recordings = {"A": (0, 9000), "Am": (0, 9000), "Bm": (0, 9000)}
    _, second = laid_out(recordings, main, strip).layouts
    assert set(at(second, 4)) == {"Bm"}
    by_recording = current(make, "strip", x=640, not_shown_in=("main",))
    _, second = laid_out({"A": (0, 9000), "A2": (3000, 9000)}, main, by_recording).layouts
    assert set(at(second, 4)) <= {"A2"}


TENTHS = 30
spans = st.tuples(st.integers(0, TENTHS - 1), st.integers(1, TENTHS)).map(
    lambda pair: (100 * min(pair[0], pair[1] - 1), 100 * max(pair[0] + 1, pair[1]))
)
rooms = st.dictionaries(st.sampled_from(["A", "B", "C", "D"]), spans, min_size=1)


@given(
    rooms,
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([CellOrder.START, CellOrder.NAME]),
)
def test_every_tenth_has_the_grid_of_a_look_at_it_alone(
    make, laid_out, recordings, columns, rows, order
):
    region = current(make, max_columns=columns, max_rows=rows, order=order)
    (layout,) = laid_out(recordings, region, trim=False).layouts
    names = dict(zip("ABCD", ("dora", "carl", "bea", "abe"), strict=True))
    for tenth in range(TENTHS):
        there = [sid for sid, (start, end) in recordings.items() if start <= 100 * tenth < end]
        key = {
            CellOrder.START: lambda sid: (recordings[sid][0], f"track-{sid}"),
            CellOrder.NAME: names.get,
        }[order]
        grid = grid_for(len(there), columns, rows)
        shown = sorted(there, key=key)[: grid.cell_count]
        expected = {
            sid: grid.cell_rect(cell, Rect(0, 0, 1280, 720)) for cell, sid in enumerate(shown)
        }
        assert at(layout, Fraction(tenth, 10)) == expected
    # What stays where it is is one tile, not several.
    ends = {(one.unit.sid, one.cell, one.rect, one.span.end) for one in layout.placed}
    assert not [
        one for one in layout.placed if (one.unit.sid, one.cell, one.rect, one.span.start) in ends
    ]
