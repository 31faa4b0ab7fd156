"""The gain and the ceiling of a mix, for whatever it and its file measure."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from roomreel.model.loudness import LoudnessTarget, Measured
from roomreel.render.mastering import (
    HEADROOM_DB,
    LOWEST_CEILING_DB,
    MOST_GAIN_DB,
    PLAIN,
    Mastering,
    corrected,
    first_mastering,
)

TARGET = LoudnessTarget(Fraction(-16))
lufs = st.floats(-69.9, 6)
peaks = st.floats(-60, 6)
targets = st.builds(
    LoudnessTarget,
    st.integers(-310, -50).map(lambda n: Fraction(n, 10)),
    st.integers(-90, 0).map(lambda n: Fraction(n, 10)),
)


def test_what_is_missing_is_the_gain_and_the_ceiling_is_half_a_decibel_lower():
    assert first_mastering(Measured(-30.0), TARGET) == Mastering(14.0, -2.0)
    assert first_mastering(Measured(-8.0), TARGET) == Mastering(-8.0, -2.0)


def test_silence_is_left_alone():
    assert first_mastering(Measured(None), TARGET) == PLAIN
    assert corrected(PLAIN, Measured(None, None), TARGET) == PLAIN
    assert corrected(PLAIN, Measured(None, -3.0), TARGET) == PLAIN


def test_no_gain_is_more_than_20_db():
    used = first_mastering(Measured(-60.0), TARGET)
    assert used == Mastering(20.0, -2.0)
    assert corrected(used, Measured(-40.0, -20.0), TARGET) == used


def test_a_file_that_is_as_wanted_is_left_as_it_is():
    used = Mastering(3.0, -2.0)
    for file in (Measured(-16.5, -1.5), Measured(-15.5, -9.0), Measured(-16.0, -1.51)):
        assert corrected(used, file, TARGET) == used


def test_what_was_taken_is_added_and_what_was_over_is_taken():
    used = Mastering(3.0, -2.0)
    assert corrected(used, Measured(-17.0, -1.5), TARGET) == Mastering(4.0, -2.0)
    lower = corrected(used, Measured(-16.0, -1.0), TARGET)
    assert lower.gain_db == 3.0
    assert -2.6 <= lower.ceiling_db < -2.5


@given(lufs, targets, lufs, peaks)
def test_every_mastering_is_one_that_the_limiter_can_do(mix, target, loudness, peak):
    used = first_mastering(Measured(mix), target)
    for _ in range(3):
        assert used.gain_db <= MOST_GAIN_DB
        limit = float(target.true_peak_dbtp) - HEADROOM_DB
        assert LOWEST_CEILING_DB <= used.ceiling_db <= limit
        again = corrected(used, Measured(loudness, peak), target)
        assert again.ceiling_db <= used.ceiling_db
        used = again
