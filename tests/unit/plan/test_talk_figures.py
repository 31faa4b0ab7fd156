from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.talk import NO_TALK, RecordingTalk, RoomTalk, Spurt
from roomreel.model.time import Span
from roomreel.plan.spans import merged
from roomreel.plan.talk_figures import talk_figures

PRESENT = {
    "A": [(0, 60_000)],
    "B": [(10_000, 60_000)],
    "C": [(20_000, 40_000)],
    "D": [(5000, 55_000)],
}
TALK = {
    "A": [(1000, 9000), (15_000, 22_000), (40_000, 44_000)],
    "B": [(12_000, 16_000), (24_000, 30_000), (40_500, 44_000)],
    "C": [(22_500, 22_900)],
    "D": [(33_000, 38_000)],
}
"""A call of which every word is known, ms on the room clock."""


def spans(parts):
    return tuple(Span(Fraction(start, 1000), Fraction(end, 1000)) for start, end in parts)


def room_of(talk, present=PRESENT, level=-360):
    recordings = {
        f"RT{who}": RecordingTalk(
            who,
            tuple(Spurt(span, level) for span in spans(spoken)),
            sounding=spans(present[who]),
            loudness=-2300,
        )
        for who, spoken in talk.items()
    }
    return RoomTalk({who: spans(spoken) for who, spoken in talk.items()}, recordings)


def figures_of(talk, present=PRESENT):
    return talk_figures(room_of(talk, present), {who: spans(of) for who, of in present.items()})


def test_of_a_call_of_which_every_word_is_known():
    figures = figures_of(TALK)
    people = figures.participants
    assert {who: one.talk_ms for who, one in people.items()} == {
        "A": 19_000,
        "B": 13_500,
        "C": 400,
        "D": 5000,
    }
    assert {who: len(one.turns) for who, one in people.items()} == {"A": 3, "B": 3, "C": 0, "D": 1}
    assert {who: one.overlap_ms for who, one in people.items()} == {
        "A": 4500,
        "B": 4500,
        "C": 0,
        "D": 0,
    }
    assert {who: one.interruption_count for who, one in people.items()} == {
        "A": 1,
        "B": 1,
        "C": 0,
        "D": 0,
    }
    assert [one.first_talk_ms for one in people.values()] == [1000, 12_000, 22_500, 33_000]
    assert people["D"].talk_share == Fraction(5000, 37_900)
    assert (figures.talk_ms, figures.overlap_ms) == (33_400, 4500)
    assert figures.silence_ms == 60_000 - 33_400
    assert figures.speaker_changes == 6
    assert people["A"].turns[0][1] == -360


def test_nobody_talks():
    figures = figures_of({"A": []}, {"A": [(0, 5000)]})
    assert (figures.talk_ms, figures.silence_ms, figures.speaker_changes) == (0, 5000, 0)
    one = figures.participants["A"]
    assert (one.talk_share, one.first_talk_ms, one.turns) == (None, None, ())


def test_where_nothing_was_listened_to_there_are_none():
    assert talk_figures(NO_TALK, {"A": spans([(0, 5000)])}) is None


def test_who_is_there_and_sends_no_sound_is_muted():
    sounding = room_of({"A": [(1000, 2000)]}, {"A": [(0, 4000), (9000, 10_000)]})
    figures = talk_figures(sounding, {"A": spans([(0, 12_000)]), "B": spans([(0, 20_000)])})
    assert figures.participants["A"].present_ms == 12_000
    assert figures.participants["A"].muted_ms == 7000
    assert figures.silence_ms == 19_000
    assert set(figures.participants) == {"A"}


def test_the_level_of_a_turn_is_the_mean_of_what_is_heard_in_it():
    spurts = (Spurt(*spans([(0, 3000)]), -300), Spurt(*spans([(3500, 4500)]), -400))
    later = (Spurt(*spans([(9000, 10_000)]), -500),)
    recordings = {"RT1": RecordingTalk("A", spurts), "RT2": RecordingTalk("A", later)}
    talk = RoomTalk({"A": merged(one.span for one in (*spurts, *later))}, recordings)
    figures = talk_figures(talk, {})
    assert [level for _, level in figures.participants["A"].turns] == [-325, -500]


def test_the_loudness_is_that_of_where_they_talk_most():
    spurts = tuple(Spurt(span, -300) for span in spans([(0, 3000)]))
    recordings = {
        "RT1": RecordingTalk("A", loudness=-1000),
        "RT2": RecordingTalk("A", spurts, loudness=-2000),
    }
    figures = talk_figures(RoomTalk({"A": spans([(0, 3000)])}, recordings), {})
    assert figures.participants["A"].loudness == -2000


talks = st.dictionaries(
    st.sampled_from("ABC"),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=5),
    min_size=1,
)


@given(talks)
def test_any_talk_counted_by_the_second(talk):
    spurts = {
        who: merged(Span(Fraction(start), Fraction(start + length)) for start, length in parts)
        for who, parts in talk.items()
    }
    recordings = {
        who: RecordingTalk(who, tuple(Spurt(span, -360) for span in of))
        for who, of in spurts.items()
    }
    figures = talk_figures(RoomTalk(spurts, recordings), {"A": [Span(Fraction(0), Fraction(60))]})
    at = {
        who: {n for n in range(60) if any(n in span for span in of)} for who, of in spurts.items()
    }
    talking = [sum(n in of for of in at.values()) for n in range(60)]
    assert figures.talk_ms == 1000 * sum(map(bool, talking))
    assert figures.overlap_ms == 1000 * sum(count > 1 for count in talking)
    assert figures.silence_ms == 1000 * talking.count(0)
    for who, one in figures.participants.items():
        assert one.talk_ms == 1000 * len(at[who])
        assert one.overlap_ms == 1000 * sum(talking[n] > 1 for n in at[who])
        turns = [turn.span for turn, _ in one.turns]
        others = [
            turn.span
            for sid, other in figures.participants.items()
            for turn, _ in other.turns
            if sid != who
        ]
        assert one.interruption_count == sum(
            any(other.start < turn.start < other.end for other in others) for turn in turns
        )
