"""The loudness meter against the values that EBU Tech 3341 demands."""

from __future__ import annotations

import numpy as np
import pytest

from roomreel.media.ebur128 import LoudnessMeter, measure
from roomreel.model.loudness import Measured
from roomreel.model.samples import RATE


def sine(level_db, seconds, hz=1000.0, phase=0.0):
    time = np.arange(round(seconds * RATE)) / RATE
    one = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * time + phase)
    return np.stack([one, one]).astype(np.float32)


def quiet(seconds):
    return np.zeros((2, round(seconds * RATE)), np.float32)


@pytest.mark.parametrize(
    ("parts", "lufs"),
    [
        ([(-23, 20)], -23.0),
        ([(-33, 20)], -33.0),
        ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
        ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
    ],
    ids=["case 1", "case 2", "case 3", "case 4", "case 5"],
)
def test_loudness_of_the_signals_of_ebu_tech_3341(parts, lufs):
    found = measure((sine(*part) for part in parts), true_peak=False)
    assert found.loudness_lufs == pytest.approx(lufs, abs=0.1)
    assert found.true_peak_dbtp is None


def test_peaks_between_samples_count():
    """A sine of a quarter of the rate, 45 degrees off: its samples are 3 dB below its peaks."""
    wave = sine(-6, 1, hz=RATE / 4, phase=np.pi / 4)
    wave *= np.minimum(np.arange(RATE) / 4_800, 1, dtype=np.float32)
    assert 20 * np.log10(np.abs(wave).max()) == pytest.approx(-9, abs=0.1)
    assert measure([wave]).true_peak_dbtp == pytest.approx(-6, abs=0.1)


def test_a_peak_in_the_last_moment_counts():
    wave = quiet(1.05)
    wave[:, -20] = 0.5
    assert measure([wave]).true_peak_dbtp == pytest.approx(-6, abs=0.5)


def test_one_channel_is_heard_on_both_sides():
    both = sine(-23, 5)
    assert measure([both[:1]]) == measure([both])


def test_blocks_may_be_cut_anywhere():
    wave = np.concatenate([sine(-30, 2), sine(-20, 3)], axis=1)
    cuts = np.split(wave, [1, 2, 4_801, 100_000, 100_000], axis=1)
    assert measure(cuts) == measure([wave])


@pytest.mark.parametrize(
    "blocks",
    [[], [quiet(0)], [quiet(3)], [sine(-20, 0.05)], [sine(-80, 3)]],
    ids=["nothing", "no sample", "silence", "50 ms", "-80 dB"],
)
def test_what_never_passes_the_gate_has_no_loudness(blocks):
    assert measure(blocks).loudness_lufs is None


def test_digital_silence_has_no_peak():
    assert measure([quiet(1)]) == Measured()


def test_gain_moves_both_by_as_much():
    wave = np.random.default_rng(7).normal(0, 0.05, (2, 5 * RATE)).astype(np.float32)
    meter = LoudnessMeter(true_peak=True)
    meter.add(wave)
    plain, halved = meter.finish(), measure([wave / 2])
    assert plain.loudness_lufs - halved.loudness_lufs == pytest.approx(6.02, abs=0.01)
    assert plain.true_peak_dbtp - halved.true_peak_dbtp == pytest.approx(6.02, abs=0.1)
