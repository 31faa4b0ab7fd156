"""Floors and spurts against their definitions, one level at a time."""

from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.sound_index import NO_PACKET
from roomreel.model.talk import Sensitivity
from roomreel.talk.floors import LOWEST, noise_floors
from roomreel.talk.spurts import THRESHOLDS, find_spurts

NORMAL = Sensitivity.NORMAL

kinds = st.sampled_from([NO_PACKET, -1199, -900, -720, -661, -660, -601, -600, -540, -450, -300])
stretches = st.lists(st.tuples(kinds, st.integers(1, 130)), max_size=60)


def levels_of(parts):
    return np.repeat([level for level, _ in parts], [count for _, count in parts]).astype(np.int16)


def muted(levels):
    found = [False] * len(levels)
    begin = None
    for n, level in enumerate([*levels, 0]):
        if level == NO_PACKET:
            begin = n if begin is None else begin
        elif begin is not None:
            found[begin:n] = [n - begin > 100] * (n - begin)
            begin = None
    return found


def floors_by_hand(levels):
    quiet, found = muted(levels), []
    for second in range(-(-len(levels) // 50)):
        near = range(max(second - 15, 0) * 50, min((second + 16) * 50, len(levels)))
        known = sorted(min(max(levels[n], -900), -450) for n in near if not quiet[n])
        found.append(known[len(known) // 10] if known else LOWEST)
    return found


def spurts_by_hand(levels, sensitivity):
    limits = THRESHOLDS[sensitivity]
    floors = floors_by_hand(levels)
    begins = [max(floor + limits.begin_over, limits.begin_least) for floor in floors]
    ends = [max(floor + limits.end_over, limits.end_least) for floor in floors]
    found, begin = [], None
    for n in range(len(levels)):
        ahead = [levels[m] < ends[m // 50] if m < len(levels) else True for m in range(n, n + 15)]
        loud = [m < len(levels) and levels[m] >= begins[m // 50] for m in range(n, n + 3)]
        if begin is None and all(loud):
            begin = n
        elif begin is not None and all(ahead):
            found.append((begin, n))
            begin = None
    return found if begin is None else [*found, (begin, len(levels))]


@given(stretches)
def test_floors_are_what_they_are_by_definition(parts):
    levels = levels_of(parts)
    assert noise_floors(levels).tolist() == floors_by_hand(levels.tolist())


def test_floors_of_many_minutes_do_not_depend_on_how_they_are_counted():
    levels = np.random.default_rng(3).integers(-1000, -400, 50 * 1300).astype(np.int16)
    levels[20_000:25_000] = NO_PACKET
    found = noise_floors(levels)
    for second in (0, 7, 599, 600, 601, 1200, 1299):
        begin = max(second - 15, 0)
        near = levels[begin * 50 : (second + 16) * 50].tolist()
        assert found[second] == floors_by_hand(near)[second - begin]


@given(stretches, st.sampled_from(Sensitivity))
def test_spurts_are_what_they_are_by_definition(parts, sensitivity):
    levels = levels_of(parts)
    begins, ends = find_spurts(levels, sensitivity)
    found = list(zip(begins.tolist(), ends.tolist(), strict=True))
    assert found == spurts_by_hand(levels.tolist(), sensitivity)


def found_in(*parts, sensitivity=NORMAL):
    begins, ends = find_spurts(levels_of(parts), sensitivity)
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(-800, 200), (-360, 2), (-800, 200)], []),
        ([(-800, 200), (-360, 3), (-800, 200)], [(200, 203)]),
        ([(-800, 200), (-360, 10), (-800, 14), (-360, 10), (-800, 200)], [(200, 234)]),
        ([(-800, 200), (-360, 10), (-800, 15), (-360, 10), (-800, 200)], [(200, 210), (225, 235)]),
        ([(-800, 200), (-360, 10), (-659, 50), (-800, 200)], [(200, 260)]),
        ([(-800, 200), (-360, 10)], [(200, 210)]),
        ([(-360, 10), (-800, 200)], [(0, 10)]),
        ([], []),
    ],
)
def test_rules(parts, expected):
    assert found_in(*parts) == expected


def test_a_fan_is_talk_only_until_the_floor_knows_of_it():
    """Two hours, a fan from the middle on: a tenth of 31 s is over it in 3 s."""
    [(begin, end)] = found_in((-800, 180_000), (-560, 180_000))
    assert begin == 180_000
    assert (end - begin) // 50 <= 15
    assert found_in((-600, 180_000)) == []


def test_what_is_muted_for_long_says_nothing_of_the_noise():
    """Without it the floor of what is left would be too high for the few words in it."""
    noisy = [(-560, 40), (-420, 20)] * 20
    assert len(found_in(*noisy)) == 20
    assert len(found_in((NO_PACKET, 3000), *noisy, (NO_PACKET, 3000))) == 20
    assert len(found_in(*[(-560, 40), (NO_PACKET, 90)] * 20)) == 20


def test_sensitivity():
    faint = [(-800, 500), (-630, 50), (-800, 500)]
    assert found_in(*faint) == []
    assert found_in(*faint, sensitivity=Sensitivity.HIGH) == [(500, 550)]
    usual = [(-800, 500), (-550, 50), (-800, 500)]
    assert found_in(*usual) == [(500, 550)]
    assert found_in(*usual, sensitivity=Sensitivity.LOW) == []


def test_levels_of_an_index_are_taken_as_they_are():
    levels = array("h", [-800] * 100 + [-300] * 50)
    begins, _ = find_spurts(np.frombuffer(levels, np.int16), NORMAL)
    assert begins.tolist() == [100]
