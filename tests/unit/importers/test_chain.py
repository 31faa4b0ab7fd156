"""Slices of one recording: what follows, what is a hole, and that errors never add up."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from roomreel.importers.settling.chain import Link, Slice, chain

exact = st.fractions(-10_000, 100_000, max_denominator=48_000)
lengths = st.fractions(0, 20_000, max_denominator=90_000)
slices = st.builds(
    Slice,
    claim=st.none() | exact,
    length=st.none() | lengths,
    lead=st.fractions(0, 500, max_denominator=1000),
    is_fixed=st.booleans(),
)


def by_claim(some: list[Slice]) -> list[Slice]:
    return sorted(some, key=lambda one: (one.claim is None, one.claim or 0))


@given(st.lists(slices, max_size=12).map(by_claim), st.sampled_from([0, 100, 1000]))
def test_each_place_is_what_all_those_before_it_say(some: list[Slice], leash: int) -> None:
    links = chain(some, leash)
    for number, (one, link) in enumerate(zip(some, links, strict=True)):
        before = zip(some[:number], links[:number], strict=True)
        ends = [
            earlier.at + past.length
            for past, earlier in before
            if earlier.at is not None and past.length is not None
        ]
        end = max(ends) if ends else None
        is_free = end is not None and not one.is_fixed
        if is_free and (one.claim is None or -leash <= one.claim - end <= leash):
            assert link == Link(end, follows=True)
        else:
            assert (link.at, link.follows) == (one.claim, False)
            common = 0 if end is None or one.claim is None else end - (one.claim + one.lead)
            assert link.overlap == max(common, 0)


@given(st.lists(st.tuples(exact, lengths), min_size=1, max_size=12), st.integers(0, 1000))
def test_no_slice_is_further_from_its_claim_than_the_leash(
    some: list[tuple[Fraction, Fraction]], leash: int
) -> None:
    links = chain(by_claim([Slice(claim, length) for claim, length in some]), leash)
    claims = sorted(claim for claim, _ in some)
    for claim, link in zip(claims, links, strict=True):
        assert link.at is not None
        assert abs(link.at - claim) <= leash


def test_c3_a_thousand_stamps_each_later_than_the_end_before_are_anchored_again() -> None:
    length, step = Fraction(5000), 5007
    links = chain([Slice(Fraction(n * step), length) for n in range(1000)], 100)
    places = [link.at or Fraction(0) for link in links]
    assert max(abs(at - n * step) for n, at in enumerate(places)) <= 100
    holes = [b - a - length for a, b in pairwise(places)]
    # It follows 14 times, then 15 steps of 7 ms are beyond the leash.
    assert {round(hole) for hole in holes} == {0, 105}
    assert sum(holes) == 66 * 105
    assert 999 // 15 == 66


def test_thirds_of_a_millisecond_never_add_up() -> None:
    length = Fraction(64_000, 3)
    links = chain([Slice(Fraction(round(n * length)), length) for n in range(1000)], 100)
    assert [link.at for link in links] == [n * length for n in range(1000)]
    assert all(link.follows for link in links[1:])


def test_c1_three_stamps_within_the_leash_are_one_stretch() -> None:
    stamps = (0, 5005, 10_010)
    links = chain([Slice(Fraction(at), Fraction(5000)) for at in stamps], 100)
    assert [link.at for link in links] == [0, 5000, 10_000]


def test_c2_a_slice_that_is_not_there_leaves_its_hole() -> None:
    links = chain([Slice(Fraction(0), Fraction(5000)), Slice(Fraction(10_010), None)], 100)
    assert [link.at for link in links] == [0, 10_010]


def test_s2_whole_seconds_follow_within_a_second() -> None:
    links = chain([Slice(Fraction(0), Fraction(10_700)), Slice(Fraction(11_000), None)], 1000)
    assert [link.at for link in links] == [0, 10_700]


def test_an_overlap_beyond_the_leash_stays_and_is_counted() -> None:
    links = chain([Slice(Fraction(0), Fraction(5000)), Slice(Fraction(4000), Fraction(1))], 100)
    assert links[1] == Link(Fraction(4000), overlap=Fraction(1000))
