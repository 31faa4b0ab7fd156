"""Levels of sound, one for each 20 ms, from which is told who talks."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from roomreel.errors import MediaUnreadable
from roomreel.media.downmix import Samples
from roomreel.model.samples import RATE
from roomreel.model.sound_index import LEVEL_S, NO_PACKET

BIN = int(RATE * LEVEL_S)

BAND = 8
"""Samples that one mean is taken of: what is above 3 kHz hardly counts, where noise is and little
of speech."""

BANDS = BIN // BAND

LONGEST_H = 50
"""Hours that the sound of one recording may reach over; half of that is the longest window."""

MOST_BINS = int(LONGEST_H * 3600 / LEVEL_S)

FAINTEST = 10 ** ((NO_PACKET + 1) / 100)
"""The mean square of the lowest level of any sound."""

_MEAN = np.full(BAND, 1 / BAND, np.float32)


class Levels:
    """Measures sound as it comes, in order; what overlaps adds up."""

    def __init__(self) -> None:
        self._parts: list[tuple[int, NDArray[np.float64]]] = []
        self._first = self._stop = 0
        self._rest: Samples = np.empty(0, np.float32)
        self._last: np.float32 | None = None
        self._end: int | None = None

    def add(self, position: int, mono: Samples) -> None:
        """Measure samples.

        Args:
            position: of the first one on a grid of 1/48000 s from container time 0.
            mono: one after the other, full scale 1.0.

        Raises:
            MediaUnreadable: the sound reaches over more hours than any call.
        """
        if position != self._end:
            mono = mono[-position % BAND :]
            begin = position + -position % BAND
            self._rest, self._last = self._rest[:0], None
        else:
            begin = position - len(self._rest)
            mono = np.concatenate([self._rest, mono])
        self._end = begin + len(mono)
        whole = len(mono) // BAND * BAND
        self._rest = mono[whole:]
        means = mono[:whole].reshape(-1, BAND) @ _MEAN
        if len(means):
            changes = np.diff(means, prepend=means[0] if self._last is None else self._last)
            self._last = means[-1]
            self._note(begin // BAND, changes)

    def found(self) -> tuple[int, array[int]]:
        """Return which level is the first that is known, counted from container time 0, and all."""
        sums = np.full(self._stop - self._first, -1.0)
        for number, part in self._parts:
            there = sums[number - self._first :][: len(part)]
            np.maximum(there, 0, out=there)
            there += part
        tenths = 100 * np.log10(np.maximum(sums / BANDS, FAINTEST))
        levels = np.where(sums < 0, NO_PACKET, np.rint(tenths))
        return self._first, array("h", levels.astype("h").tobytes())

    def _note(self, band: int, changes: Samples) -> None:
        number, into = divmod(band, BANDS)
        edges = np.arange(-into, len(changes), BANDS).clip(0)
        part = np.add.reduceat(np.square(changes, dtype=float), edges)
        self._first = min(self._first, number) if self._parts else number
        self._stop = max(self._stop, number + len(part)) if self._parts else number + len(part)
        if self._stop - self._first > MOST_BINS:
            raise MediaUnreadable(f"its sound reaches over more than {LONGEST_H} hours")
        self._parts.append((number, part))
