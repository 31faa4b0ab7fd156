"""Loudness of sound by EBU R128, as FFmpeg's ebur128 measures it, and true peak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from fractions import Fraction
from math import log10

import av.filter
import numpy as np
from av import AudioFrame
from av.error import BlockingIOError as NothingYet
from av.error import EOFError as NothingMore

from roomreel.media.downmix import Samples
from roomreel.media.true_peak import TruePeakMeter
from roomreel.model.loudness import GATE_LUFS, Measured
from roomreel.model.samples import RATE

STEP = RATE // 10
"""Samples after which ebur128 says what it has found; of an incomplete step it says nothing."""

INTEGRATED = "lavfi.r128.I"


class LoudnessMeter:
    """Measures sound at 48 kHz, block by block.

    Args:
        true_peak: whether the peak is measured, too.
    """

    def __init__(self, *, true_peak: bool) -> None:
        self._graph = av.filter.Graph()
        source = self._graph.add(
            "abuffer",
            f"sample_rate={RATE}:sample_fmt=fltp:channel_layout=stereo:time_base=1/{RATE}",
        )
        meter = self._graph.add("ebur128", "metadata=1:framelog=quiet:peak=none")
        sink = self._graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        self._graph.configure()
        self._peaks = TruePeakMeter() if true_peak else None
        self._count = 0
        self._latest: Mapping[str, str] = {}

    def add(self, samples: Samples) -> None:
        """Measure samples that follow those before: of shape (2, n), or (1, n) for both sides."""
        count = samples.shape[1]
        if not count:
            return
        both = np.ascontiguousarray(np.broadcast_to(samples, (2, count)), dtype=np.float32)
        if self._peaks is not None:
            self._peaks.add(both)
        frame = AudioFrame.from_ndarray(both, "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._count, Fraction(1, RATE)
        self._count += count
        self._graph.push(frame)
        self._read()

    def finish(self) -> Measured:
        """Return what all of it measures; nothing can be added after that."""
        self.add(np.zeros((2, -self._count % STEP), np.float32))
        self._graph.push(None)
        self._read()
        loudness = float(self._latest.get(INTEGRATED, GATE_LUFS))
        peak = 0.0 if self._peaks is None else self._peaks.finish()
        return Measured(
            loudness_lufs=loudness if loudness > GATE_LUFS else None,
            true_peak_dbtp=20 * log10(peak) if peak > 0 else None,
        )

    def _read(self) -> None:
        with suppress(NothingYet, NothingMore):
            while True:
                self._latest = self._graph.pull().metadata or self._latest


def measure(blocks: Iterable[Samples], *, true_peak: bool = True) -> Measured:
    """Return the loudness of blocks that follow each other, as `LoudnessMeter` takes them."""
    meter = LoudnessMeter(true_peak=true_peak)
    for block in blocks:
        meter.add(block)
    return meter.finish()
