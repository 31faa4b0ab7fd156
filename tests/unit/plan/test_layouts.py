"""Layouts over time in a plan: scenes, cells, overlays, chapters and windows of what is on."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from roomreel.errors import EmptyTrackList
from roomreel.model.event import Event, EventKind
from roomreel.model.geometry import Rect, Size
from roomreel.model.layout import Condition, LayoutRule, LayoutTiming
from roomreel.model.look import Colour, OverlayKind
from roomreel.model.overlay import TextOverlay
from roomreel.model.room import Participant
from roomreel.model.selection import Selection
from roomreel.model.template import ChapterKind, Region
from roomreel.model.window import Window
from roomreel.plan.planner import make_plan

HD = Size(1280, 720)
HOLD = Fraction(10)
PEOPLE = ("alice", "bob", "carol", "dave")
CAMERAS = {"A": (0, 60_000), "B": (10_000, 60_000), "C": (20_000, 40_000)}
SCREEN = LayoutRule("presentation", Condition(present=("*screen",)))


@pytest.fixture(scope="module")
def room_t(make):
    """Three cameras, and the screen that alice shares from 30 to 45 s; no sound."""

    def build(screens=((30_000, 45_000),), **changes):
        who = {"A": "PA1", "B": "PA2", "C": "PA3"}
        recordings = [
            make.recording(sid, participant_sid=who[sid], track_name="camera") for sid in CAMERAS
        ]
        media = {sid: make.video(*span) for sid, span in CAMERAS.items()}
        for number, span in enumerate(screens):
            sid = f"S{number}"
            recordings.append(make.recording(sid, participant_sid="PA1", track_name="screen"))
            media[sid] = make.video(*span)
        return make.room(*recordings, identities=PEOPLE, **changes), media

    return build


@pytest.fixture(scope="module")
def planned(make, room_t):
    """The plan of room T by a grid of cameras, and by what is said of another layout."""

    def build(*rules, room=None, presentation=(), regions=None, **changes):
        cameras = make.region("grid", excluded=("*screen",))
        screen = Region("screen", Selection(("*screen",)), layout="presentation")
        template = make.template(
            *((cameras,) if regions is None else regions),
            **{
                "resolution": HD,
                "layouts": {"presentation": (screen, *presentation)},
                "layout_rules": rules or (SCREEN,),
            }
            | changes,
        )
        there, media = room or room_t()
        return make_plan(there, template, media, HOLD)

    return build


def on(plan):
    return [(one.name, one.start_frame, one.end_frame) for one in plan.layouts]


def shown(plan, frame):
    (scene,) = [one for one in plan.scenes if one.start_frame <= frame < one.end_frame]
    return {one.recording_sid: (one.layout, one.region, one.rect) for one in scene.placements}


def test_a_screen_that_is_shared_has_a_layout_of_its_own(planned):
    plan = planned()
    assert plan.frame_count == 1800
    assert on(plan) == [("default", 0, 900), ("presentation", 900, 1350), ("default", 1350, 1800)]
    starts = {scene.start_frame for scene in plan.scenes}
    assert {900, 1350} <= starts
    whole = Rect(0, 0, 1280, 720)
    assert shown(plan, 900) == shown(plan, 1349) == {"S0": ("presentation", "screen", whole)}
    # Each stretch has the grid of those who are there in it: three before, two when carol left.
    assert shown(plan, 899)["A"] == ("default", "grid", Rect(0, 0, 640, 360))
    assert {sid: rect for sid, (*_, rect) in shown(plan, 1350).items()} == {
        "A": Rect(0, 0, 640, 720),
        "B": Rect(640, 0, 640, 720),
    }
    assert [one.name for one in plan.regions] == ["grid"]
    assert [(one.columns, one.rows) for one in plan.layouts[0].regions] == [(2, 2)]
    assert [(one.columns, one.rows) for one in plan.layouts[2].regions] == [(2, 1)]


def test_who_waits_begins_anew_with_a_stretch(planned, make):
    # One cell: alice has it to the end. After the screen it is as if nothing had been before.
    (one_cell,) = (make.region("grid", excluded=("*screen",), max_columns=1, max_rows=1),)
    plan = planned(regions=(one_cell,))
    assert set(shown(plan, 0)) == set(shown(plan, 899)) == set(shown(plan, 1799)) == {"A"}
    warned = {one.recording_sid: one.message for one in plan.warnings}
    assert warned == dict.fromkeys("BC", "region 'grid': none of its 1 cells was free")


def test_what_is_there_only_while_its_layout_is_not_has_no_warning(planned, room_t):
    room, media = room_t(screens=((30_000, 45_000), (47_000, 58_000)))
    first = LayoutRule("presentation", Condition(between=(Window(30_000, 45_000),)))
    plan = planned(first, room=(room, media))
    assert [one for one in plan.warnings if one.recording_sid == "S1"] == []
    assert {one.recording_sid for one in plan.sources} == {"A", "B", "C", "S0", "S1"}


def test_a_layout_that_is_never_on_is_told(planned):
    never = LayoutRule("presentation", Condition(present=("no-such-*",)))
    plan = planned(never)
    assert plan.layouts == ()
    assert [(one.code.value, one.message) for one in plan.warnings] == [
        (
            "layout-never-on",
            "layout 'presentation' is never on: no rule for it holds for long enough",
        )
    ]


def test_a_template_may_have_nothing_but_other_layouts(planned):
    plan = planned(regions=())
    assert plan.has_video
    assert on(plan) == [("presentation", 0, 450)]
    assert [one.name for one in plan.regions] == ["screen"]


def test_overlays_follow_the_layouts_that_they_name(planned):
    title = TextOverlay(text="Slides", layouts=("presentation",))
    always = TextOverlay(text="All", between=(Window(29_000, 31_000),))
    of_both = TextOverlay(text="Both", layouts=("default", "presentation"))
    plan = planned(overlays=(title, always, of_both))
    states = [
        [(state.start_frame, state.end_frame) for state in one.states] for one in plan.overlays
    ]
    assert states == [[(900, 1350)], [(870, 930)], [(0, 1800)]]


def test_grounds_and_tiles_of_regions_are_there_with_their_layout(planned, make):
    red = Colour(255, 0, 0)
    grid = make.region("grid", excluded=("*screen",), background_color=red, gap=8)
    plan = planned(regions=(grid,))
    (ground,) = [one for one in plan.overlays if one.kind is OverlayKind.REGION]
    assert [(one.start_frame, one.end_frame) for one in ground.states] == [(0, 900), (1350, 1800)]


def test_chapters_where_the_layout_changes(planned):
    plan = planned(chapters=frozenset({ChapterKind.LAYOUTS}))
    assert [(one.start, one.title) for one in plan.chapters] == [
        (0, "default"),
        (30, "presentation"),
        (45, "default"),
    ]


def test_a_layout_by_events_of_the_room(planned, room_t):
    """Case 23."""
    room, media = room_t()
    events = (
        Event(30_000, EventKind.LAYOUT, "x"),
        Event(20_000, EventKind.LAYOUT, "qa"),
        Event(25_000, EventKind.MARK, "x"),
    )
    marked = LayoutRule("presentation", Condition(marked="qa"))
    plan = planned(marked, room=(replace(room, events=events), media), trim=False)
    assert on(plan) == [("default", 0, 600), ("presentation", 600, 900), ("default", 900, 1800)]


def test_a_window_has_the_layouts_that_are_on_in_it(planned):
    plan = planned(window=Window(29_000, 31_000))
    assert on(plan) == [("default", 0, 30), ("presentation", 30, 60)]
    assert [one.name for one in plan.regions] == ["grid"]
    later = planned(window=Window(31_000, 33_000))
    assert on(later) == [("presentation", 0, 60)]
    assert [one.name for one in later.regions] == ["screen"]
    assert shown(later, 0) == {"S0": ("presentation", "screen", Rect(0, 0, 1280, 720))}


def test_layouts_lie_on_the_room_clock_and_are_cut_with_it(planned, room_t, make):
    """What trim cuts out is cut out of a stretch, too."""
    room, media = room_t(screens=((65_000, 75_000),))
    plan = planned(room=(room, media))
    assert plan.frame_count == 2100
    assert on(plan) == [("default", 0, 1800), ("presentation", 1800, 2100)]


def test_conditions_read_recordings_that_nothing_shows(planned, room_t, make):
    """Evidence alone is in no source, and moves neither zero nor the end."""
    rule = LayoutRule("presentation", Condition(present=("*screen",)))
    cameras = Region("cameras", Selection(("camera",)), layout="presentation")
    plan = planned(rule, layouts={"presentation": (cameras,)})
    assert {one.recording_sid for one in plan.sources} == {"A", "B", "C"}
    assert on(plan) == [("default", 0, 900), ("presentation", 900, 1350), ("default", 1350, 1800)]


def test_a_copy_is_refused_where_the_layout_changes(planned, make):
    only = make.region("grid", sources=("A",))
    plan = planned(regions=(only,), passthrough=True)
    assert plan.passthrough is not None
    assert plan.passthrough.refused


def test_nothing_is_shown_by_any_layout(planned, make):
    nobody = make.region("grid", sources=("nobody",))
    elsewhere = Region("screen", Selection(("nobody",)), layout="presentation")
    with pytest.raises(EmptyTrackList):
        planned(regions=(nobody,), layouts={"presentation": (elsewhere,)})


def test_offsets_and_the_order_of_recordings_change_nothing(planned, room_t):
    """Case 57, of layouts."""
    room, media = room_t()
    plan = planned()
    moved = replace(
        room,
        recordings=tuple(
            replace(one, offset_ms=one.offset_ms + 123_456) for one in reversed(room.recordings)
        ),
        participants=(*reversed(room.participants), Participant("PA9", "nobody")),
    )
    again = planned(room=(moved, media))
    assert (again.layouts, again.overlays) == (plan.layouts, plan.overlays)
    assert [one.end_frame for one in again.scenes] == [one.end_frame for one in plan.scenes]
    assert [one.placements for one in again.scenes] == [one.placements for one in plan.scenes]


def test_timing_is_the_templates(planned, room_t):
    there = room_t(screens=((30_000, 30_300),))
    assert planned(room=there).layouts == ()
    quick = planned(room=there, layout_timing=LayoutTiming(0, 0))
    assert on(quick)[1] == ("presentation", 900, 909)
