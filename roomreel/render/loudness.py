"""How loud sound is by the second: noted of the mix, measured again in the finished file."""

from __future__ import annotations

import io
import math
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import av
import numpy as np
from numpy.typing import NDArray

from roomreel.errors import RenderError
from roomreel.media.sound import RATE, Samples

BIN = RATE // 10
"""Samples measured together. A second of the file is looked at with a bin more on either side, for
an encoder may move sound by a packet, and speech may begin in a second's last moment."""

BINS = RATE // BIN

BAND = 8
"""Means of so many samples are measured: what is above some 4 kHz hardly counts, because coders
leave out what few ears hear, and nothing that is heard of speech stands there alone."""

AUDIBLE_DB = -50.0
"""RMS of full scale over a second from which on the mix has sound: speech far from its microphone
is at -40, the noise of a quiet room at -60."""

LOST_DB = 20.0
"""A file quieter by so much has lost the sound of that second; coders at our rates keep the level
of speech within 3 dB, of noise within 6."""

_MEAN = np.full(BAND, 1 / BAND, np.float32)


class Loudness:
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
        """For a file beside the sound it is about."""
        buffer = io.BytesIO()
        length = max(self._energy, default=-1) + 1
        np.save(buffer, np.array([self._energy.get(n, 0.0) for n in range(length)]))
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """What `to_bytes` gave.

        Raises:
            RenderError: the bytes are damaged.
        """
        try:
            return cls(np.load(io.BytesIO(data), allow_pickle=False))
        except (ValueError, EOFError, OSError) as error:
            raise RenderError(f"the loudness of the mix cannot be read: {error}") from error

    def silenced_in(self, file: Loudness) -> Iterator[int]:
        """The seconds in which there is sound here, and far less of it in a file."""
        seconds = {number // BINS for number in self._energy}
        for second in sorted(seconds):
            wanted = self._level_db(second * BINS, (second + 1) * BINS)
            found = file._level_db(second * BINS - 1, (second + 1) * BINS + 1)
            if wanted > AUDIBLE_DB and found < wanted - LOST_DB:
                yield second

    def _level_db(self, begin: int, end: int) -> float:
        energy = sum(self._energy.get(number, 0.0) for number in range(begin, end))
        return 10 * math.log10(max(energy / (2 * RATE), 1e-12))


def loudness_of(path: Path) -> Loudness:
    """Decode the sound of a finished file, and measure it.

    Raises:
        FFmpegError: it cannot be decoded.
    """
    heard = Loudness()
    with av.open(str(path)) as container:
        for first, samples in _by_the_second(container):
            heard.add(first, samples)
    return heard


def _by_the_second(container: Any) -> Iterator[tuple[int, Samples]]:
    """Frames put together, since measuring each of them takes as long as decoding it."""
    waiting: list[Samples] = []
    first = end = 0
    for frame in container.decode(container.streams.audio[0]):
        at = max(round(frame.time * RATE), 0)
        if waiting and (abs(at - end) > BIN or end - first >= RATE):
            yield first, np.concatenate(waiting, axis=1)
            waiting = []
        if not waiting:
            first = end = at
        waiting.append(frame.to_ndarray())
        end += frame.samples
    if waiting:
        yield first, np.concatenate(waiting, axis=1)


def _energy(samples: Samples) -> float:
    """Sum of squares of what is below some 4 kHz; what is left of a last band is not measured."""
    whole = samples.shape[1] // BAND * BAND
    low = samples[:, :whole].reshape(2, -1, BAND) @ _MEAN
    return BAND * float(np.vdot(low, low))
