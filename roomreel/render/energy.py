"""Energy of sound, by the second: measured of the mix, and again in the finished file."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from roomreel.errors import RenderError
from roomreel.media.downmix import Samples
from roomreel.media.ebur128 import LoudnessMeter
from roomreel.media.inspect import decode_sound
from roomreel.model.samples import RATE

BIN = RATE // 10
"""Samples measured together. In a file, a bin's neighbours may have its sound: an encoder may move
it by a packet, and a word may begin in a bin's last moment."""

BINS = RATE // BIN

BAND = 8
"""Means of n samples are measured: what is above some 4 kHz hardly counts, because coders
leave out what few ears hear, and nothing that is heard of speech stands there alone."""

AUDIBLE = 2 * RATE * 10 ** (-50 / 10)
"""Energy of a second at -50 dB of full scale, from which on the mix has sound: speech far from its
microphone is at -40, the noise of a quiet room at -60."""

FAINTER = 10 ** (20 / 10)
"""20 dB less is lost; coders at our rates keep the level of speech within 3 dB, of noise within
6."""

MUCH = 1 / 3
"""Of a second's energy: a silence of a second that begins anywhere takes as much of one of two."""

_MEAN = np.full(BAND, 1 / BAND, np.float32)


class Energy:
    """Energy of stereo sound, in bins of a tenth of a second."""

    def __init__(self, energies: NDArray[np.float64] | None = None) -> None:
        known = enumerate([] if energies is None else energies.tolist())
        self._energy: defaultdict[int, float] = defaultdict(float, known)

    def add(self, first: int, samples: Samples) -> None:
        """Measure samples of shape (2, n) of which the first is number `first` at 48 kHz."""
        count = samples.shape[1]
        begin = 0
        while begin < count:
            number, into = divmod(first + begin, BIN)
            end = min(count, begin + BIN - into)
            self._energy[number] += _energy(samples[:, begin:end])
            begin = end

    def to_bytes(self) -> bytes:
        """Return the content of the file beside the sound it is about."""
        buffer = io.BytesIO()
        length = max(self._energy, default=-1) + 1
        np.save(buffer, np.array([self._energy.get(n, 0.0) for n in range(length)]))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read what `to_bytes` returned.

        Raises:
            RenderError: the bytes are damaged.
        """
        try:
            return cls(np.load(io.BytesIO(data), allow_pickle=False))
        except (ValueError, EOFError, OSError) as error:
            raise RenderError(f"the loudness of the mix cannot be read: {error}") from error

    def silenced_in(self, file: Energy) -> Iterator[int]:
        """Yield the seconds in which there is sound here, and much of it is lost in a file."""
        for second in sorted({number // BINS for number in self._energy}):
            bins = range(second * BINS, (second + 1) * BINS)
            energy = sum(self._energy.get(number, 0.0) for number in bins)
            lost = sum(self._lost(number, file) for number in bins)
            if energy > AUDIBLE and lost > energy * MUCH:
                yield second

    def _lost(self, number: int, file: Energy) -> float:
        """Return the energy of a bin if it and its neighbours in a file have far less, else 0."""
        energy = self._energy.get(number, 0.0)
        near = max(file._energy.get(n, 0.0) for n in (number - 1, number, number + 1))
        return energy if near * FAINTER < energy else 0.0


def energy_of(
    path: Path, on_progress: Callable[[], None], meter: LoudnessMeter | None = None
) -> Energy:
    """Decode the sound of a finished file, and measure it.

    Args:
        path: of the file.
        on_progress: called for each second that is done.
        meter: measures it, too.

    Raises:
        FFmpegError: it cannot be decoded.
    """
    heard = Energy()
    for first, samples in by_the_second(decode_sound(path)):
        heard.add(first, samples)
        if meter is not None:
            meter.add(samples)
        on_progress()
    return heard


def by_the_second(frames: Iterable[tuple[float, Samples]]) -> Iterator[tuple[int, Samples]]:
    """Yield frames joined to a second: measuring each of them takes as long as decoding it."""
    waiting: list[Samples] = []
    first = end = 0
    for time, samples in frames:
        at = max(round(time * RATE), 0)
        if waiting and (abs(at - end) > BIN or end - first >= RATE):
            yield first, np.concatenate(waiting, axis=1)
            waiting = []
        if not waiting:
            first = end = at
        waiting.append(samples)
        end += samples.shape[1]
    if waiting:
        yield first, np.concatenate(waiting, axis=1)


def _energy(samples: Samples) -> float:
    """Return the sum of squares of what is below some 4 kHz, without an incomplete last band."""
    whole = samples.shape[1] // BAND * BAND
    low = samples[:, :whole].reshape(2, -1, BAND) @ _MEAN
    return BAND * float(np.vdot(low, low))
