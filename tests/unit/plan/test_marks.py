"""Marks of a room begin chapters, each with its words, at the time of the output."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.documents.plan import plan_document, plan_json
from roomreel.documents.published_plan import parse_plan
from roomreel.model.event import Event, EventKind
from roomreel.model.template import ChapterKind
from roomreel.model.time import to_ms
from roomreel.model.window import Window
from roomreel.plan import make_plan
from roomreel.plan.chapters import MOST_MARKS, MOST_TITLES

HOLD = Fraction(60)
BOTH = frozenset({ChapterKind.JOINS, ChapterKind.MARKS})
MARKS = frozenset({ChapterKind.MARKS})


def mark(at_ms, text="mark", **more):
    return Event(at_ms, EventKind.MARK, text, **more)


@pytest.fixture(scope="module")
def plan(make):
    """A call of alice, from 1 to 61 s, and bob, from 11 s on; neither is there from 31 to 41."""

    def build(*events, kinds=BOTH, **template):
        room = make.room(
            make.recording("A1", "audio", participant_sid="PA1"),
            make.recording("A2", "audio", participant_sid="PA1"),
            make.recording("B1", "audio", participant_sid="PA2"),
            make.recording("B2", "audio", participant_sid="PA2"),
            identities=("alice", "bob"),
            events=events,
        )
        media = {
            "A1": make.audio(1000, 31_000),
            "A2": make.audio(41_000, 61_000),
            "B1": make.audio(11_000, 31_000),
            "B2": make.audio(41_000, 61_000),
        }
        asked = make.template(audio=["*"], chapters=frozenset(kinds), **template)
        return make_plan(room, asked, media, HOLD)

    return build


@pytest.fixture
def told(plan):
    return lambda *events, **asked: [
        (to_ms(one.start), one.title) for one in plan(*events, **asked).chapters
    ]


JOINS = [
    (0, "alice joins"),
    (10_000, "bob joins"),
    (30_000, "alice and bob leave, alice and bob join"),
]


def test_marks_stand_among_joins(told):
    found = told(mark(12_345, "Questions"), mark(1500, "Welcome"))
    assert found == sorted([*JOINS, (11_345, "Questions"), (500, "Welcome")])


def test_without_marks_there_is_what_was_before(told):
    assert told() == told(mark(5000), kinds={ChapterKind.JOINS}) == JOINS


def test_marks_alone_and_nothing(told):
    assert told(mark(5000, "A"), kinds=MARKS) == [(0, "stand-up"), (4000, "A")]
    assert told(mark(1000, "A"), kinds=MARKS) == [(0, "A")]
    assert told(mark(5000, "A"), kinds=()) == told(kinds=MARKS) == []


def test_those_of_one_millisecond_are_one(told):
    found = told(mark(11_000, "B"), mark(11_000, "A"), mark(11_000, "A", participant_sid="PA1"))
    assert found == [JOINS[0], (10_000, "bob joins, A, B"), JOINS[2]]
    assert (10_001, "A") in told(mark(11_001, "A"))


def test_thousands_at_one_instant_have_a_title_that_ends(told):
    found = dict(told(*(mark(5000, f"{n:05}") for n in range(10_000)), kinds=MARKS))
    assert found == {
        0: "stand-up",
        4000: f"{', '.join(f'{n:05}' for n in range(MOST_TITLES))} and 9992 more",
    }


def test_a_mark_in_a_stretch_that_is_cut_out_is_at_the_cut(told):
    in_the_cut = told(mark(35_000, "Break"), kinds=MARKS)
    assert in_the_cut == told(mark(31_000, "Break"), kinds=MARKS)
    assert in_the_cut == [(0, "stand-up"), (30_000, "Break")]
    assert (34_000, "Break") in told(mark(35_000, "Break"), trim=False)


@pytest.mark.parametrize("at_ms", [-(10**15), 0, 999, 61_000, 10**15])
def test_what_is_outside_of_the_call_is_passed_over(told, at_ms):
    assert told(mark(at_ms)) == JOINS


def test_the_first_and_the_last_instant_of_the_call_are_inside(told):
    assert told(mark(1000, "A"), mark(60_999, "B"), kinds=MARKS) == [(0, "A"), (49_999, "B")]


def test_a_mark_after_the_last_picture_or_sound_begins_nothing(make):
    room = make.room(
        make.recording("A", "audio"), make.recording("V"), events=(mark(15_000), mark(5000))
    )
    media = {"A": make.audio(0, 10_000), "V": make.video(0, 20_000)}
    nowhere = make.region(cells_excluded=(0,), max_columns=1, max_rows=1)
    made = make_plan(room, make.template(nowhere, audio=["*"], chapters=MARKS), media, HOLD)
    assert [to_ms(one.start) for one in made.chapters] == [0, 5000]


def test_words_are_shown_as_names_are(told):
    found = dict(told(mark(2000, "a\u202eb\nc"), mark(3000, "x" * 50), mark(4000, " \u202e\n")))
    assert found[1000] == "a b c"
    assert found[2000] == "x" * 39 + "…"
    assert 3000 not in found


def test_ten_thousand_unsorted_and_repeated_ones_of_which_many_are_outside(told):
    chance = random.Random(21)
    times = [chance.randrange(-60_000, 120_000) for _ in range(5000)]
    found = told(*(mark(at, f"M{at}") for at in [*times, *times]), kinds=MARKS, trim=False)
    inside = sorted({at for at in times if 1000 <= at < 61_000})
    assert found == [(0, "stand-up"), *((at - 1000, f"M{at}") for at in inside)]


def test_of_more_marks_than_a_file_has_room_for_the_first_begin_chapters(plan):
    inside = [mark(1000 + at, str(at)) for at in range(MOST_MARKS)]
    assert plan(*inside, kinds=MARKS).warnings == plan(mark(0), *inside, kinds=MARKS).warnings == ()
    made = plan(*inside, mark(60_999, "last"), kinds=MARKS)
    assert len(made.chapters) == MOST_MARKS
    (warning,) = made.warnings
    assert warning.code == "text-invalid"
    assert "10001 marks" in warning.message
    assert not plan(*inside, mark(60_999), kinds={ChapterKind.JOINS}).warnings


def test_other_events_begin_no_chapter(told):
    events = (Event(5000, EventKind.LAYOUT, "qa"), Event(6000, EventKind.SPEAKER, "", "PA1"))
    assert told(*events) == JOINS


def test_of_a_window_the_one_that_reaches_in_begins_it(told):
    window = Window(20_000, 25_000)
    found = told(mark(12_000, "A"), mark(22_000, "B"), mark(27_000, "C"), window=window)
    assert found == [(0, "A"), (1000, "B")]


def test_the_document_of_a_plan_says_chapters_where_they_are_unusual(plan):
    usual = plan_document(plan(mark(5000), kinds={ChapterKind.JOINS}))
    assert usual == plan_document(plan(kinds={ChapterKind.JOINS}))
    assert not {"chapters", "chapter_kinds"} & {*usual}
    unusual = plan(mark(5000, "Größe"), kinds=MARKS)
    document = plan_document(unusual)
    assert document["chapter_kinds"] == ["marks"]
    assert document["chapters"][1:] == [{"start_ms": 4000, "title": "Größe"}]
    again = parse_plan(plan_json(unusual).encode())
    assert (again.chapter_kinds, again.chapters) == (unusual.chapter_kinds, unusual.chapters)
    assert plan_document(again) == document


events = st.lists(
    st.builds(
        Event,
        st.integers(-5000, 70_000) | st.sampled_from([1000, 11_000, 31_000, 41_000, 61_000]),
        st.sampled_from(EventKind),
        st.sampled_from(["", "a", "b", " ", "x" * 60]),
        st.sampled_from(["", "PA1", "PA9"]),
    ),
    max_size=30,
)


@given(events, st.randoms(use_true_random=False), st.sampled_from([MARKS, BOTH]), st.booleans())
def test_whatever_the_events(plan, found, order, kinds, trim):
    made = plan(*found, kinds=kinds, trim=trim)
    mixed = [*found, *found[:5]]
    order.shuffle(mixed)
    assert plan(*mixed, kinds=kinds, trim=trim) == made
    starts = [to_ms(one.start) for one in made.chapters]
    assert starts == sorted(set(starts))
    assert all(0 <= start < to_ms(made.length) for start in starts)
    seen = {one.at_ms for one in found if one.kind is EventKind.MARK and one.value.strip()}
    inside = {at for at in seen if 1000 <= at < 61_000}
    if kinds == MARKS and not trim:
        assert starts == sorted({0, *(at - 1000 for at in inside)} if inside else ())
    assert all(one.title for one in made.chapters)
