"""The active speaker of a call of which every word is known, and the cells that follow them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.event import Event, EventKind
from roomreel.model.geometry import Size
from roomreel.model.layout import Condition, LayoutRule, LayoutTiming
from roomreel.model.look import Border, Colour, OverlayKind, Text
from roomreel.model.overlay import TextOverlay
from roomreel.model.plan import WarningCode
from roomreel.model.room import Participant
from roomreel.model.selection import OfIdentity, OfRole, Selection
from roomreel.model.speaker import Evidence, SpeakerRules
from roomreel.model.template import CellOrder, GridKind, UnitKind
from roomreel.model.tiles import Placeholder, PlaceholderKind, TileLook
from roomreel.model.time import Span
from roomreel.plan.conversation import conversation
from roomreel.plan.planner import make_plan

MS = Fraction(1, 1000)
HOLD = Fraction(10)
END = 60_000
HD = Size(1280, 720)
THERE = {"A": (0, END), "B": (10_000, END), "C": (20_000, 40_000), "D": (5000, 55_000)}
SCREEN = (30_000, 45_000)
TALK = {
    "A": [(1000, 9000), (15_000, 22_000), (40_000, 44_000)],
    "B": [(12_000, 16_000), (24_000, 30_000), (40_500, 44_000)],
    "C": [(22_500, 22_900)],
    "D": [(33_000, 38_000)],
}
NAMES = {"A": "alice", "B": "bob", "C": "carol", "D": "dave"}
PEOPLE = {
    f"PA{key}": Participant(f"PA{key}", name, roles=("host",) if key == "B" else ())
    for key, name in NAMES.items()
}


def spurts_of(talk):
    return {
        f"PA{key}": tuple(Span(start * MS, end * MS) for start, end in spurts)
        for key, spurts in talk.items()
    }


def speakers(talk, rate=30, end=END, events=(), **rules):
    """Who is the active speaker, to which frame."""
    whole = Span(Fraction(0), end * MS)
    found = conversation(SpeakerRules(**rules), whole, spurts_of(talk), events, PEOPLE)
    assert not found.lane or found.lane[0].span.start == 0
    assert all(a.span.end == b.span.start for a, b in pairwise(found.lane))
    return [(one.participant_sid[-1], float(one.span.end * rate)) for one in found.lane]


@pytest.fixture(scope="module")
def plan(make):
    """The plan of the call: cameras of A, B and C, a screen of A, microphones of all four."""
    cameras = {
        key: make.recording(f"V{key}", participant_sid=f"PA{key}", track_name="camera")
        for key in "ABC"
    }
    screen = make.recording("VS", participant_sid="PAA", track_name="screen")
    mics = {
        key: make.recording(f"M{key}", "audio", participant_sid=f"PA{key}", track_name="mic")
        for key in NAMES
    }
    media = {
        **{one.sid: make.video(*THERE[key]) for key, one in cameras.items()},
        **{one.sid: make.audio(*THERE[key]) for key, one in mics.items()},
        "VS": make.video(*SCREEN),
    }
    room = replace(
        make.room(*cameras.values(), screen, *mics.values()), participants=tuple(PEOPLE.values())
    )

    def build(*regions, talk=TALK, events=(), **changes):
        template = make.template(*regions, audio=("*",), **{"resolution": HD} | changes)
        return make_plan(
            replace(room, events=tuple(events)), template, media, HOLD, spurts=spurts_of(talk)
        )

    return build


def spotlight(make, **members):
    usual = {"order": CellOrder.SPEAKER, "max_columns": 1, "max_rows": 1, "excluded": ("screen",)}
    return make.region(**usual | members)


def shown(plan, region="main"):
    """Who is in the first cell of a region, to which frame."""
    found = []
    for scene in plan.scenes:
        own = [one for one in scene.placements if one.region == region]
        whom = "".join(one.recording_sid[-1] for one in sorted(own, key=lambda one: one.cell))
        if found and found[-1][0] == whom:
            found.pop()
        found.append((whom, scene.end_frame))
    return found


def test_case_5_the_active_speaker_of_a_call():
    assert speakers(TALK) == [
        ("A", 354), ("B", 480), ("A", 714), ("B", 984), ("D", 1194), ("A", 1800),
    ]  # fmt: skip


def test_case_6_without_a_lead():
    found = speakers(TALK, lead_ms=0)
    assert [at for _, at in found] == [360, 480, 720, 990, 1200, 1800]


@pytest.mark.parametrize(
    ("other", "expected"),
    [((8000, 14_000), [("A", 10), ("B", 20)]), ((8000, 10_500), [("A", 20)])],
)
def test_case_7_who_has_the_floor_keeps_it(other, expected):
    assert speakers({"A": [(0, 10_000)], "B": [other]}, rate=1, end=20_000) == expected


def test_case_8_nobody_is_cut_short_and_no_change_comes_too_soon():
    talk = {"A": [(0, 1000)], "B": [(1200, 2200)], "C": [(2300, 5000)]}
    assert speakers(talk, rate=1, end=6000) == [("A", 1), ("B", 3), ("C", 6)]


def test_of_turns_that_begin_together_the_longer_is_first_and_then_the_name():
    assert speakers({"B": [(0, 5000)], "A": [(0, 4000)]}, rate=1, end=9000) == [("B", 9)]
    assert speakers({"B": [(0, 5000)], "A": [(0, 5000)]}, rate=1, end=9000) == [("A", 9)]


def told(*events):
    return [Event(at, EventKind.SPEAKER, participant_sid=sid and f"PA{sid}") for at, sid in events]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([(2000, "A"), (12_000, "B"), (16_000, "A")], [("A", 12), ("B", 16), ("A", 60)]),
        # The same one again changes nothing, nor does what is too short.
        ([(0, "A"), (3000, "A"), (5000, "B"), (5500, "A")], [("A", 60)]),
        # From nobody on there is silence: the picture stays.
        ([(0, "A"), (3000, ""), (9000, "B")], [("A", 8.8), ("B", 60)]),
        ([(-5000, "C"), (9000, "B")], [("C", 9), ("B", 60)]),
        ([(60_000, "B")], []),
        ([], []),
    ],
)
def test_events_say_who_talks_where_they_are_the_evidence(events, expected):
    found = speakers(TALK, rate=1, events=told(*events), evidence=Evidence.EVENTS)
    assert found == expected


def test_case_12_a_spotlight_follows_those_who_have_a_camera(make, plan):
    found = plan(spotlight(make))
    assert shown(found) == [("A", 354), ("B", 480), ("A", 714), ("B", 1194), ("A", 1800)]
    lane = [(one.participant_sid[-1], one.end_frame) for one in found.speaker]
    assert lane == [("A", 354), ("B", 480), ("A", 714), ("B", 984), ("D", 1194), ("A", 1800)]


def test_case_13_who_has_no_camera_has_a_placeholder(make, plan):
    look = TileLook(placeholder=Placeholder(PlaceholderKind.INITIALS))
    people = {"unit": UnitKind.PARTICIPANT, "voices": Selection(("*",)), "tile": look}
    found = plan(spotlight(make, **people))
    assert shown(found) == [
        ("A", 354), ("B", 480), ("A", 714), ("B", 984), ("", 1194), ("A", 1800),
    ]  # fmt: skip
    (overlay,) = found.overlays
    assert [(one.start_frame, one.end_frame) for one in overlay.states] == [(984, 1194)]
    assert (overlay.kind, overlay.rect.width, overlay.rect.height) == ("placeholder", 1280, 720)


def test_case_14_where_nobody_talks_the_first_is_shown_for_good(make, plan):
    found = plan(spotlight(make), talk={})
    assert shown(found) == [("A", 1800)]
    assert found.speaker == ()
    assert [one.code for one in found.warnings if not one.recording_sid] == [
        WarningCode.SPEAKER_UNKNOWN
    ]


def test_case_15_the_speaker_takes_the_cell_of_who_has_not_talked_for_longest(make, plan):
    talk = {"A": [(0, 8000)], "C": [(30_000, 35_000)]}
    found = plan(spotlight(make, max_columns=2), talk=talk)
    assert shown(found) == [("A", 300), ("AB", 894), ("AC", 1200), ("AB", 1800)]


def test_case_16_a_strip_never_shows_whom_the_spotlight_shows(make, plan):
    strip = make.region("strip", excluded=("screen",), grid=GridKind.CURRENT, max_rows=1)
    found = plan(spotlight(make), replace(strip, not_shown_in=("main",)))
    for scene in found.scenes:
        where = [one.recording_sid for one in scene.placements]
        assert len(set(where)) == len(where)
    at = {frame: where for where, frame in shown(found, "strip")}
    assert [at[354], at[480]] == ["B", "A"]


def test_case_21_a_layout_is_on_while_the_host_talks(make, plan):
    host = LayoutRule("host", Condition(talking=(OfRole("host"),)))
    layouts = {"host": (make.region(sources=("VB",), layout="host"),)}
    found = plan(make.region(), layouts=layouts, layout_rules=(host,))
    on = [(one.start_frame, one.end_frame) for one in found.layouts if one.name == "host"]
    assert on == [(354, 480), (714, 984)]


@pytest.mark.parametrize(
    "patterns", [("PAB",), ("MB",), (OfIdentity("bo*"),), ("camera", OfIdentity("bob"))]
)
def test_a_condition_names_who_talks_by_any_of_their_names(make, plan, patterns):
    rule = LayoutRule("host", Condition(talking=patterns))
    layouts = {"host": (make.region(sources=("VB",), layout="host"),)}
    found = plan(make.region(), layouts=layouts, layout_rules=(rule,))
    assert [one.start_frame for one in found.layouts if one.name == "host"] == [354, 714]


def test_silence_counts_from_the_end_of_the_last_turn(make, plan):
    rule = LayoutRule("break", Condition(silent_ms=3000))
    layouts = {"break": (make.region(sources=("VA",), layout="break"),)}
    found = plan(
        make.region(), layouts=layouts, layout_rules=(rule,), layout_timing=LayoutTiming(0, 0)
    )
    # 9 to 12 s is not more than 3 s; a cough in between ends no silence.
    on = [(one.start_frame, one.end_frame) for one in found.layouts if one.name == "break"]
    assert on == [(1410, 1800)]
    found = plan(
        make.region(),
        talk={"A": [(1000, 2000)], "C": [(22_500, 22_900)]},
        layouts=layouts,
        layout_rules=(rule,),
    )
    assert [(one.name, one.end_frame) for one in found.layouts] == [
        ("default", 150),
        ("break", 1800),
    ]


def test_a_border_is_around_who_talks(make, plan):
    green, grey = Border(4, Colour.parse("#22c55e")), Border(2, Colour.parse("#808080"))
    look = TileLook(border=grey, talking_border=green)
    region = make.region(sources=("VA", "VC"), tile=look)
    talk = {"A": [(1000, 2000), (2400, 2500), (5000, 5100)]}
    found = plan(region, talk=talk, frame_rate=Fraction(10))
    first = {
        one.kind: [(each.start_frame, each.end_frame) for each in one.states]
        for one in found.overlays
        if one.cell == 0
    }
    # Pauses of up to half a second do not count, and a word is seen for 0.4 s.
    assert first[OverlayKind.TALKING] == [(10, 25), (50, 54)]
    assert first[OverlayKind.BORDER] == [(0, 10), (25, 50), (54, 600)]


def test_a_text_names_the_active_speaker(make, plan):
    said = TextOverlay(text="{speaker} is talking")
    found = plan(
        make.region(sources=("VA",)), overlays=(said,), talk={"A": [(0, 900)], "B": [(9000, 9900)]}
    )
    (overlay,) = found.overlays
    assert [(one.drawing.text, one.start_frame, one.end_frame) for one in overlay.states] == [
        ("alice is talking", 0, 264),
        ("bob is talking", 264, 1800),
    ]
    alone = replace(said, text="{speaker}")
    assert not plan(make.region(sources=("VA",)), overlays=(alone,), talk={}).overlays
    (overlay,) = plan(make.region(sources=("VA",)), overlays=(said,), talk={}).overlays
    assert [one.drawing.text for one in overlay.states] == [" is talking"]
    assert isinstance(overlay.states[0].drawing, Text)


def test_where_nothing_asks_who_talks_nothing_follows_it(make, plan):
    assert plan(make.region()) == plan(make.region(), talk={})
    assert plan(make.region()).speaker == ()


TENTHS = st.integers(0, 100)
SPURTS = st.dictionaries(
    st.sampled_from("ABCD"),
    st.lists(st.tuples(TENTHS, st.integers(1, 30)), min_size=1, max_size=4),
)


def made_talk(spurts):
    """Spurts in ms, none of one participant that touch."""
    found = {}
    for key, own in spurts.items():
        kept = []
        for start, length in sorted(own):
            if not kept or start * 100 > kept[-1][1]:
                kept.append((start * 100, (start + length) * 100))
        found[key] = kept
    return found


@given(SPURTS, st.sampled_from([0, 500, 2000]), st.sampled_from([0, 200]), TENTHS)
def test_one_at_a_time_and_none_for_less_than_the_hold(spurts, hold, lead, later):
    talk = made_talk(spurts)
    rules = {"hold_ms": hold, "lead_ms": lead, "min_talk_ms": 300}
    found = speakers(talk, rate=1000, end=20_000, **rules)
    ends = [at for _, at in found]
    assert all(b - a >= hold for a, b in pairwise(ends[:-1]))
    assert all(a != b for (a, _), (b, _) in pairwise(found))
    # The order in which people come says nothing, and later is the same, but later.
    assert speakers(dict(reversed(talk.items())), rate=1000, end=20_000, **rules) == found
    shift = 100 * later
    moved = {key: [(a + shift, b + shift) for a, b in own] for key, own in talk.items()}
    again = speakers(moved, rate=1000, end=20_000 + shift, **rules)
    assert [(who, at - shift) for who, at in again] == found


@given(SPURTS, st.integers(1, 3), st.sampled_from(GridKind))
def test_whoever_talks_and_has_a_camera_is_seen_and_nobody_moves_without_need(
    make, plan, spurts, cells, grid
):
    talk = made_talk(spurts)
    found = plan(spotlight(make, max_columns=cells, grid=grid), talk=talk, frame_rate=Fraction(10))
    for scene in found.scenes:
        there = {key for key in "ABC" if THERE[key][0] < scene.end_frame * 100 <= THERE[key][1]}
        seen = [one.recording_sid[-1] for one in scene.placements]
        assert len(seen) == min(cells, len(there))
        speaking = {
            one.participant_sid[-1]
            for one in found.speaker
            if one.start_frame <= scene.start_frame < one.end_frame
        }
        assert speaking & there <= set(seen)
    for before, after in pairwise(found.scenes):
        old, new = (
            {one.cell: one.recording_sid for one in each.placements} for each in (before, after)
        )
        stays = {sid for sid in old.values() if sid in new.values()}
        if grid is GridKind.FIXED:
            assert all(new[cell] == sid for cell, sid in old.items() if sid in stays)
