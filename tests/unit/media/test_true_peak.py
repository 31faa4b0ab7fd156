"""True peaks against FFmpeg's own words, and of sound whose peak is known."""

from fractions import Fraction
from math import log10

import av
import numpy as np
import pytest

from roomreel.media.true_peak import TruePeakMeter

RATE = 48_000


def peak_db(samples, pieces=1):
    meter = TruePeakMeter()
    for piece in np.array_split(np.atleast_2d(samples).astype(np.float32), pieces, axis=1):
        meter.add(piece)
    return 20 * log10(meter.finish())


def sine(hz, seconds=3.0, phase=0.0, level=0.5):
    """Return a tone that comes and goes slowly: where one is cut off, it peaks higher."""
    time = np.arange(int(seconds * RATE)) / RATE
    fade = np.minimum(1, 20 * np.minimum(time, seconds - time))
    return level * fade * np.sin(2 * np.pi * hz * time + phase)


def noise(seconds, level=0.1, seed=0, channels=1):
    return level * np.random.default_rng(seed).standard_normal((channels, int(seconds * RATE)))


def true_peak_db(samples):
    """Return what FFmpeg says, to the last of its three digits."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=RATE, format="fltp", layout="stereo", time_base=Fraction(1, RATE)
    )
    meter = graph.add("ebur128", "metadata=1:peak=true:framelog=quiet")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    stereo = np.ascontiguousarray(np.broadcast_to(samples, (2, samples.shape[-1])), np.float32)
    frame = av.AudioFrame.from_ndarray(stereo, "fltp", "stereo")
    frame.sample_rate, frame.pts = RATE, 0
    graph.push(frame)
    graph.push(None)
    peak = 0.0
    while True:
        try:
            peak = max(peak, float(graph.pull().metadata["lavfi.r128.true_peak"]))
        except (av.error.BlockingIOError, av.error.EOFError):
            return 20 * log10(peak)


def test_it_does_not_matter_how_sound_is_cut_up():
    sound = noise(3, channels=2)
    assert peak_db(sound) == pytest.approx(peak_db(sound, 37), abs=1e-4)


def test_of_silence_there_is_none():
    meter = TruePeakMeter()
    assert meter.finish() == 0
    meter.add(np.zeros((2, 100), np.float32))
    assert meter.finish() == 0


def test_a_peak_in_the_last_moment_counts():
    tone = sine(12_000, seconds=2, phase=np.pi / 4)[:RATE]
    assert peak_db(tone) == pytest.approx(-6.02, abs=1)
    assert peak_db(np.concatenate([np.zeros(RATE), [0.5]])) == pytest.approx(-6.02, abs=0.01)


@pytest.mark.parametrize("hz", [997, 4000, 9000, 12_000])
def test_a_peak_between_samples_is_found(hz):
    """At a quarter of the rate all samples of this phase are 3 dB below the peak."""
    tone = sine(hz, phase=np.pi / 4)
    assert peak_db(tone, 5) == pytest.approx(-6.02, abs=0.1)


@pytest.mark.parametrize("seed", range(4))
def test_peaks_are_those_that_ffmpeg_finds(seed):
    rough = noise(3, seed=seed, channels=2)
    smooth = np.stack([np.convolve(one, np.hanning(9) / 4, "same") for one in rough])
    for sound in (rough, smooth):
        assert peak_db(sound, 3) == pytest.approx(true_peak_db(sound), abs=0.2)
