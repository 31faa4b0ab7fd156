"""The gain of a recording: what its template says of it, and what brings it to a level."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.media import MediaFile
from roomreel.model.mixing import Gain, Level, Mixing
from roomreel.model.room import Participant
from roomreel.model.selection import OfIdentity, OfRole
from roomreel.model.sound_index import SoundIndex
from roomreel.plan.gains import gain_of, gains, level_of

LEVEL = Level(Fraction(-20))


def test_of_gains_that_name_a_recording_the_first_counts(make):
    mixing = Mixing(
        (
            Gain((OfRole("host"),), Fraction(-3)),
            Gain(("music*", OfIdentity("guest-?")), Fraction(-25, 2)),
            Gain(("*",), Fraction(6)),
        )
    )
    people = {
        "PA1": Participant("PA1", "ann", roles=("host",)),
        "PA2": Participant("PA2", "guest-7"),
    }

    def gain(name, participant_sid, among=mixing):
        recording = make.recording("RT1", "audio", track_name=name, participant_sid=participant_sid)
        return gain_of(among, recording, people)

    assert gain("music-1", "PA1") == -3
    assert gain("music-1", "PA3") == Fraction(-25, 2)
    assert gain("mic", "PA2") == Fraction(-25, 2)
    assert gain("mic", "PA3") == 6
    assert gain("mic", "PA2", Mixing(mixing.gains[:1])) == 0


def test_a_level_is_what_is_missing_up_to_the_most_in_tenths():
    found = {
        loudness: level_of(LEVEL, SoundIndex(loudness=loudness))
        for loudness in (-2000, -1523, -2546, -800, -799, -3200, -6000, -6001, None)
    }
    assert found == {
        -2000: 0,
        -1523: Fraction(-48, 10),
        -2546: Fraction(55, 10),
        -800: -12,
        -799: -12,
        -3200: 12,
        -6000: 12,
        -6001: 0,
        None: 0,
    }
    assert level_of(LEVEL, None) == 0
    assert level_of(None, SoundIndex(loudness=-3000)) == 0
    assert level_of(Level(Fraction(-20), Fraction(0)), SoundIndex(loudness=-3000)) == 0


def test_a_gain_comes_on_top_of_the_level(make):
    recordings = [make.recording(sid, "audio") for sid in ("A1", "A2", "A3")]
    media = {sid: MediaFile(sound=SoundIndex(loudness=-2500)) for sid in ("A1", "A2")}
    mixing = Mixing((Gain(("A2", "A3"), Fraction(-3)),), level=LEVEL)
    assert gains(mixing, recordings, media, {}) == {"A1": 5, "A2": 2, "A3": -3}


@given(st.integers(-6000, 500), st.integers(-400, -100), st.integers(0, 200).map(lambda n: n * 0.1))
def test_voices_within_reach_come_out_alike(loudness, target, most):
    level = Level(Fraction(target, 10), Fraction(round(most * 10), 10))
    gain = level_of(level, SoundIndex(loudness=loudness))
    assert abs(gain) <= level.max_gain_db
    assert (gain * 10).denominator == 1
    off = Fraction(loudness, 100) + gain - level.target_lufs
    assert abs(off) <= Fraction(1, 20) or abs(gain) == level.max_gain_db
