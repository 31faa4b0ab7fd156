from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.time import Span
from roomreel.plan.turns import turns_of

TALK = {
    "A": [(1000, 9000), (15000, 22000), (40000, 44000)],
    "B": [(12000, 16000), (24000, 30000), (40500, 44000)],
    "C": [(22500, 22900)],
    "D": [(33000, 38000)],
}
"""A call of which every word is known, ms on the room clock."""


def spurts_of(talk):
    return {sid: tuple(ms_span(*spurt) for spurt in spurts) for sid, spurts in talk.items()}


def ms_span(start, end):
    return Span(Fraction(start, 1000), Fraction(end, 1000))


def told(turns):
    return [
        (
            turn.participant_sid,
            int(turn.span.start * 1000),
            int(turn.span.end * 1000),
            int(turn.talk_s * 1000),
        )
        for turn in turns
    ]


def test_turns_of_a_call_are_in_order_and_the_longer_comes_first():
    turns = told(turns_of(spurts_of({**TALK, "D": [(40000, 45000)]})))
    assert turns == [
        ("A", 1000, 9000, 8000),
        ("B", 12000, 16000, 4000),
        ("A", 15000, 22000, 7000),
        ("B", 24000, 30000, 6000),
        ("D", 40000, 45000, 5000),
        ("A", 40000, 44000, 4000),
        ("B", 40500, 44000, 3500),
    ]


def test_what_is_short_is_no_turn_and_stays_talk():
    turns = turns_of(spurts_of(TALK))
    counts = {sid: sum(turn.participant_sid == sid for turn in turns) for sid in TALK}
    assert counts == {"A": 3, "B": 3, "C": 0, "D": 1}


@pytest.mark.parametrize(
    ("talk", "pause", "least", "expected"),
    [
        ([], 1000, 800, []),
        ([(0, 800)], 1000, 800, [(0, 800, 800)]),
        ([(0, 799)], 1000, 800, []),
        ([(0, 400), (1400, 1800)], 1000, 800, [(0, 1800, 800)]),
        ([(0, 400), (1401, 1801)], 1000, 800, []),
        ([(0, 400), (1401, 1801)], 1000, 400, [(0, 400, 400), (1401, 1801, 400)]),
        ([(0, 500), (500, 900)], 0, 800, [(0, 900, 900)]),
        ([(0, 500), (501, 1000)], 0, 800, []),
    ],
)
def test_limits(talk, pause, least, expected):
    turns = turns_of(spurts_of({"A": talk}), Fraction(pause, 1000), Fraction(least, 1000))
    assert told(turns) == [("A", *turn) for turn in expected]


@given(
    st.lists(st.booleans(), max_size=60),
    st.integers(0, 6).map(lambda n: Fraction(n, 10)),
    st.integers(1, 9).map(lambda n: Fraction(n, 10)),
)
def test_any_talk_as_counted_by_the_tenth_of_a_second(talks, pause, least):
    step = Fraction(1, 10)
    edges = [n for n in range(len(talks) + 1) if [*talks, False][n] != [False, *talks][n]]
    spurts = tuple(
        Span(begin * step, end * step) for begin, end in zip(edges[::2], edges[1::2], strict=True)
    )
    turns = turns_of({"A": spurts}, pause, least)

    def in_a_turn(tenth):
        """Say it by hand: back and forth to the last pause that is too long."""
        first = last = tenth
        quiet = 0
        for n in range(tenth, -1, -1):
            quiet = 0 if talks[n] else quiet + 1
            if quiet * step > pause:
                break
            first = n if talks[n] else first
        quiet = 0
        for n in range(tenth, len(talks)):
            quiet = 0 if talks[n] else quiet + 1
            if quiet * step > pause:
                break
            last = n if talks[n] else last
        return sum(talks[first : last + 1]) * step >= least

    for tenth, is_talk in enumerate(talks):
        if is_talk:
            inside = [turn for turn in turns if tenth * step in turn.span]
            assert len(inside) == in_a_turn(tenth)
    for turn in turns:
        inside = talks[int(turn.span.start / step) : int(turn.span.end / step)]
        assert turn.talk_s == sum(inside) * step
        assert inside[0]
        assert inside[-1]
