"""Where packets of copied sound are heard, and the silence between them."""

from fractions import Fraction

from roomreel.model.samples import RATE
from roomreel.plan.copied_sound import SHORTEST, STEADY, Placed, placed

MS = Fraction(1, 1000)
A_MS = RATE // 1000


def test_sound_without_a_gap_stays_where_it_is():
    packets = [(-7 + 20 * number, 20) for number in range(50)]
    assert list(placed(packets, MS)) == [
        Placed((-7 + 20 * number) * A_MS, 0, 0) for number in range(51)
    ]


def test_a_gap_is_filled_with_packets_of_silence():
    assert list(placed([(0, 20), (70, 20)], MS)) == [
        Placed(0, 0, 0),
        Placed(70 * A_MS, 20, 0),
        Placed(90 * A_MS, 0, 0),
    ]


def test_silence_comes_before_and_after():
    first, last = placed([(500, 20)], MS, before=Fraction(1, 2), after=Fraction(1, 4))
    assert first == Placed(500 * A_MS, 200, 0)
    assert last == Placed(770 * A_MS, 100, 0)


def test_what_is_left_of_many_gaps_does_not_add_up():
    starts = range(0, 1000 * (20 + 13), 20 + 13)
    places = list(placed(((start, 20) for start in starts), MS))
    assert max(abs(place.late) for place in places) <= STEADY
    assert sum(place.silence for place in places) * SHORTEST / RATE == 12.985


def test_jitter_is_no_gap():
    packets = [(20 * number + 4 * (number % 2), 20) for number in range(51)]
    assert not any(place.silence for place in placed(packets, MS))


def test_no_packets_have_no_places():
    assert not list(placed([], MS, after=Fraction(1)))
