from fractions import Fraction

import pytest

from roomreel.plan.timeline import in_output, kept_segments, length, output_time

INCLUDED = [(100, 900), (50, 200)]
SEEN = [(100, 200), (150, 300), (300, 400), (600, 700)]


@pytest.fixture
def kept(make):
    def build(trim, seen=SEEN):
        return kept_segments(
            [make.span(*span) for span in INCLUDED], [make.span(*s) for s in seen], trim=trim
        )

    return build


def ms(kept):
    return [(k.room.start * 1000, k.room.end * 1000, k.start * 1000) for k in kept]


def test_without_trim_all_from_the_earliest_start_to_the_latest_end_is_kept(kept):
    assert ms(kept(trim=False)) == [(50, 900, 0)]


def test_with_trim_only_what_is_seen_or_heard_is_kept(kept):
    assert ms(kept(trim=True)) == [(100, 400, 0), (600, 700, 300)]
    assert length(kept(trim=True)) * 1000 == 400


def test_with_trim_and_nothing_seen_or_heard_nothing_is_kept(kept):
    assert (kept(trim=True, seen=[]), length(())) == ((), 0)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((150, 250), [(50, 150, 100)]),
        ((350, 650), [(250, 300, 100), (300, 350, 300)]),
        ((0, 1000), [(0, 300, 100), (300, 400, 300)]),
        ((400, 600), []),
        ((700, 800), []),
        ((0, 100), []),
    ],
)
def test_in_output_cuts_where_the_output_is_cut(make, kept, span, expected):
    found = in_output(make.span(*span), kept(trim=True))
    assert [(s.start * 1000, s.end * 1000, ahead * 1000) for s, ahead in found] == expected


@pytest.mark.parametrize(
    ("room", "output"),
    [(0, 0), (100, 0), (250, 150), (400, 300), (500, 300), (600, 300), (650, 350), (999, 400)],
)
def test_output_time_of_what_is_cut_out_is_that_of_the_cut(kept, room, output):
    assert output_time(Fraction(room, 1000), kept(trim=True)) * 1000 == output
