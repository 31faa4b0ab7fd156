"""Levels of sound against what they are by definition, however sound is cut up on its way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roomreel.errors import MediaUnreadable
from roomreel.media.levels import Levels
from roomreel.model.sound_index import NO_PACKET

RATE, BIN = 48_000, 960


def measured(*pieces):
    levels = Levels()
    for position, samples in pieces:
        levels.add(position, np.asarray(samples, np.float32))
    return levels.found()


def defined(samples):
    """Return the levels of sound that begins at 0, one sample at a time."""
    means = [sum(samples[n : n + 8]) / 8 for n in range(0, len(samples), 8)]
    changes = [after - before for before, after in zip([means[0], *means], means, strict=False)]
    squares = [change**2 for change in changes]
    bins = [squares[n : n + 120] for n in range(0, len(squares), 120)]
    return [round(100 * np.log10(max(sum(one) / 120, 10**-11.99))) for one in bins]


def noise(count, seed=0, level=0.1):
    return level * np.random.default_rng(seed).standard_normal(count)


def test_levels_are_what_they_are_by_definition():
    first, levels = measured((0, noise(5 * BIN)))
    assert first == 0
    assert levels.tolist() == pytest.approx(defined(noise(5 * BIN).tolist()), abs=1)


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=8), st.integers(-5000, 5000))
def test_it_does_not_matter_how_sound_is_cut_up(counts, position):
    sound = noise(sum(counts))
    starts = np.cumsum([0, *counts])
    pieces = [
        (position + int(start), sound[start : start + count])
        for start, count in zip(starts, counts, strict=False)
    ]
    whole, cut = measured((position, sound)), measured(*pieces)
    assert whole[0] == cut[0]
    assert cut[1].tolist() == pytest.approx(whole[1].tolist(), abs=1)


def test_where_nothing_sounds_is_no_packet_and_silence_is_one():
    first, levels = measured((10 * BIN, np.zeros(BIN)), (13 * BIN, noise(BIN)))
    assert first == 10
    assert levels.tolist()[:3] == [NO_PACKET + 1, NO_PACKET, NO_PACKET]
    assert levels[3] > -400


def test_sound_before_time_0_counts():
    first, levels = measured((-2 * BIN, noise(4 * BIN)))
    assert first == -2
    assert len(levels) == 4


def test_speech_of_20_db_is_at_36_and_hum_and_a_constant_do_not_count():
    time = np.arange(RATE) / RATE
    voice = sum(np.sin(2 * np.pi * 180 * n * time) / n**2 for n in range(1, 12))
    voice *= 0.1 / np.sqrt(np.mean(voice**2))
    hum = 10 ** (-30 / 20) * np.sqrt(2) * np.sin(2 * np.pi * 50 * time)
    _, spoken = measured((0, voice))
    _, hummed = measured((0, hum + 0.5))
    assert -400 < np.median(spoken) < -300
    assert max(hummed[1:]) < -550


def test_of_nothing_there_are_no_levels():
    assert measured() == (0, measured()[1])
    assert not measured((5, np.zeros(3)))[1]


def test_sound_of_days_is_refused():
    with pytest.raises(MediaUnreadable, match="more than 50 hours"):
        measured((0, noise(BIN)), (51 * 3600 * RATE, noise(BIN)))
