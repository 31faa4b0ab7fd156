"""The true peak of sound, as ITU-R BS.1770 has it: between samples, too.

FFmpeg's ebur128 looks for it everywhere, which takes twice the time of decoding, and says it in
three digits, 1 dB apart at -60 dB. Here only what is around the highest samples is looked at.
"""

from __future__ import annotations

import numpy as np

from roomreel.media.downmix import Samples

OVERSAMPLING = 4
"""Points a sample at which a peak between samples is looked for."""

REACH = 12
"""Samples on either side by which a point between two is known; BS.1770 has half as many."""

MOST_BETWEEN = 2.0
"""Times that sound is higher between samples than at the highest of them near by; only tones of
over 16 kHz are more, and not at each of their peaks."""

_NEAR = np.arange(-REACH, REACH + 1)
_BETWEEN = np.delete(np.arange(1 - OVERSAMPLING, OVERSAMPLING), OVERSAMPLING - 1) / OVERSAMPLING
_SINC = np.sinc(_NEAR[:, None] - _BETWEEN) * np.kaiser(2 * REACH + 1, 5)[:, None]
_FILTERS: Samples = (_SINC / _SINC.sum(axis=0)).astype(np.float32)
"""What makes of the samples around one those between it and its neighbours."""


class TruePeakMeter:
    """Measures sound of any number of channels, block by block."""

    def __init__(self) -> None:
        self._highest = 0.0
        self._before: Samples | None = None

    @property
    def peak(self) -> float:
        """The highest so far; full scale is 1.0."""
        return self._highest

    def add(self, samples: Samples) -> None:
        """Measure samples more, of shape (channels, n), as many channels as before."""
        if self._before is None:
            self._before = np.zeros((len(samples), 2 * REACH), np.float32)
        joined = np.concatenate([self._before, samples], axis=1)
        self._before = joined[:, -2 * REACH :]
        self._highest = max(self._highest, float(np.abs(samples).max(initial=0)))
        is_mono = all(np.array_equal(channel, joined[0]) for channel in joined[1:])
        for channel in joined[:1] if is_mono else joined:
            self._look_between(channel)

    def finish(self) -> float:
        """Return the peak of all of it, which silence follows."""
        if self._before is not None:
            self.add(np.zeros((len(self._before), REACH), np.float32))
        return self._highest

    def _look_between(self, channel: Samples) -> None:
        size = np.abs(channel)
        before, here, after = (size[REACH + by :][: len(size) - 2 * REACH] for by in (-1, 0, 1))
        is_top = (here > self._highest / MOST_BETWEEN) & (here >= before) & (here >= after)
        tops = np.flatnonzero(is_top) + REACH
        between = np.abs(channel[tops[:, None] + _NEAR] @ _FILTERS)
        self._highest = max(self._highest, float(between.max(initial=0)))
