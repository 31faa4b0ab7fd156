"""Who talks in a room: bleed against its definition, unions, and the clock of the room."""

from array import array
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from roomreel.model.sound_index import NO_PACKET, SoundIndex
from roomreel.model.time import Span
from roomreel.plan.turns import turns_of
from roomreel.talk import Heard, find_talk
from roomreel.talk.bleed import Talking, without_bleed

SPEECH, NOISE = -360, -800

TALK = {
    "A": (0, 60_000, [(1000, 9000), (15_000, 22_000), (40_000, 44_000)]),
    "B": (10_000, 60_000, [(12_000, 16_000), (24_000, 30_000), (40_500, 44_000)]),
    "C": (20_000, 40_000, [(22_500, 22_900)]),
    "D": (5000, 55_000, [(33_000, 38_000)]),
}
"""Of each participant: first and last packet, and their talk, ms on the room clock."""


def index_of(start, end, talk, first=0):
    """Return an index in which speech stands exactly there; container time 0 is `start` ms."""
    levels = np.full((end - start) // 20, NOISE, np.int16)
    for since, until in talk:
        levels[(since - start) // 20 : (until - start) // 20] = SPEECH
    return SoundIndex(first, array("h", levels.tobytes()), loudness=-2300, peak=-600)


def room_of(talk, shift=0):
    return {
        f"RT{who}": Heard(who, start + shift, index_of(start, end, spoken))
        for who, (start, end, spoken) in talk.items()
    }


def in_ms(spans):
    return [(int(span.start * 1000), int(span.end * 1000)) for span in spans]


def test_talk_of_a_call_is_found_exactly():
    found = find_talk(room_of(TALK))
    assert {who: in_ms(spans) for who, spans in found.spurts.items()} == {
        who: spoken for who, (_, _, spoken) in TALK.items()
    }
    turns = [turn.participant_sid for turn in turns_of(found.spurts)]
    assert {who: turns.count(who) for who in TALK} == {"A": 3, "B": 3, "C": 0, "D": 1}


def test_what_is_known_of_each_recording():
    talk = find_talk(room_of(TALK)).recordings["RTC"]
    assert (talk.participant_sid, talk.loudness, talk.peak, talk.floor) == ("C", -2300, -600, NOISE)
    assert in_ms(talk.sounding) == [(20_000, 40_000)]
    assert [spurt.level for spurt in talk.spurts] == [SPEECH]


@pytest.mark.parametrize("shift", [-3_600_000, -7, 1, 123_456_789])
def test_only_differences_of_offsets_matter(shift):
    by = Fraction(shift, 1000)
    plain, shifted = find_talk(room_of(TALK)), find_talk(room_of(TALK, shift))
    for who, spans in plain.spurts.items():
        assert shifted.spurts[who] == tuple(span.shifted(by) for span in spans)


def test_the_first_level_may_be_any():
    levels = index_of(0, 2000, [(1000, 2000)]).levels
    found = find_talk({"RT": Heard("A", 500, SoundIndex(-50, levels))})
    assert in_ms(found.spurts["A"]) == [(500, 1500)]


def test_talk_of_one_person_is_that_of_all_their_recordings():
    ended, begun = index_of(0, 4000, [(2000, 4000)]), index_of(0, 4000, [(0, 1000)])
    found = find_talk({"RT1": Heard("A", 0, ended), "RT2": Heard("A", 3500, begun)})
    assert in_ms(found.spurts["A"]) == [(2000, 4500)]
    assert len(found.recordings["RT2"].spurts) == 1


def test_of_no_recordings_nobody_talks():
    assert find_talk({}).spurts == {}
    assert find_talk({"RT": Heard("A", 0, SoundIndex())}).spurts == {"A": ()}


def bled(by):
    """Return a voice, and the same voice in another's microphone, so many tenths of dB down."""
    voice = index_of(0, 20_000, [(5000, 9000)])
    other = array("h", [max(level - by, NOISE) for level in voice.levels])
    return {"RT1": Heard("A", 0, voice), "RT2": Heard("B", 7, SoundIndex(0, other))}


@pytest.mark.parametrize(("by", "is_talk"), [(200, False), (150, False), (149, True), (100, True)])
def test_a_voice_in_anothers_microphone_is_no_talk_of_theirs(by, is_talk):
    found = find_talk(bled(by))
    assert in_ms(found.spurts["A"]) == [(5000, 9000)]
    assert bool(found.spurts["B"]) is is_talk


def test_two_microphones_of_one_person_are_no_bleed():
    one, other = bled(200).values()
    found = find_talk({"RT1": one, "RT2": Heard("A", 0, other.index)})
    assert all(talk.spurts for talk in found.recordings.values())


sounds = st.lists(
    st.tuples(st.sampled_from([NO_PACKET, -800, -600, -500, -450, -350, -300]), st.integers(1, 9)),
    min_size=1,
    max_size=12,
)
people = st.lists(
    st.tuples(st.sampled_from("AABC"), st.integers(-200, 200), sounds), min_size=1, max_size=4
)


@given(people)
def test_bleed_is_what_it_is_by_definition(recordings):
    """Every level over -550 counts as talk here, each stretch of them as a spurt."""
    talking = []
    for who, start, parts in recordings:
        levels = np.repeat([level for level, _ in parts], [n for _, n in parts]).astype(np.int16)
        edges = np.flatnonzero(np.diff(levels > -550, prepend=False, append=False))
        talking.append(Talking(who, start, levels, edges[::2], edges[1::2]))

    def talks_at(one, ms):
        """Return the level of a recording at an instant, if somebody talks in it."""
        place = (ms - one.start_ms) // 20
        spurts = zip(one.begins, one.ends, strict=True)
        if any(begin <= place < end for begin, end in spurts):
            return int(one.levels[place])
        return NO_PACKET

    for one, found in zip(talking, without_bleed(talking), strict=True):
        expected = []
        for begin, end in zip(one.begins.tolist(), one.ends.tolist(), strict=True):
            own = theirs = 0.0
            for n in range(begin, end):
                own += 10 ** (int(one.levels[n]) / 100)
                theirs += max(
                    [0.0]
                    + [
                        10 ** (talks_at(other, one.start_ms + 20 * n) / 100)
                        for other in talking
                        if other.participant_sid != one.participant_sid
                    ]
                )
            assume(not 31 < theirs / own < 32)
            if theirs < own * 10**1.5:
                expected.append((begin, end))
        assert list(zip(found.begins.tolist(), found.ends.tolist(), strict=True)) == expected


def test_spans_are_exact():
    found = find_talk({"RT": Heard("A", 1, index_of(0, 2000, [(1000, 1400)]))})
    assert found.spurts["A"] == (Span(Fraction(1001, 1000), Fraction(1401, 1000)),)
