"""A look-ahead limiter that touches nothing below its ceiling."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction

import av.filter
import numpy as np
from av import AudioFrame
from av.error import BlockingIOError as NothingYet
from av.error import EOFError as NothingMore

from roomreel.media.downmix import Samples
from roomreel.model.samples import RATE

ALIMITER = "limit={ceiling:.6f}:attack=5:release=50:level=0:asc=0:latency=1"
"""FFmpeg's alimiter without make-up gain, its delay taken back: samples whose surroundings stay
within the ceiling come out bit for bit (a test holds it to that)."""


def limit_peaks(blocks: Iterator[Samples], ceiling: float = 1.0) -> Iterator[Samples]:
    """Pass blocks of shape (2, n) on, gain reduced only around where a sample is beyond a ceiling.

    As many samples come out as go in; blocks may be cut elsewhere.

    Args:
        ceiling: from 0.0625, -24 dB, to full scale, 1.
    """
    graph = av.filter.Graph()
    source = graph.add(
        "abuffer", f"sample_rate={RATE}:sample_fmt=dbl:channel_layout=stereo:time_base=1/{RATE}"
    )
    limiter, sink = (
        graph.add("alimiter", ALIMITER.format(ceiling=ceiling)),
        graph.add("abuffersink"),
    )
    source.link_to(limiter)
    limiter.link_to(sink)
    graph.configure()
    count = 0
    for block in blocks:
        packed = np.ascontiguousarray(block.T, dtype=np.float64).reshape(1, -1)
        frame = AudioFrame.from_ndarray(packed, "dbl", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, count, Fraction(1, RATE)
        count += block.shape[1]
        graph.push(frame)
        yield from _ready(graph)
    graph.push(None)
    yield from _ready(graph)


def _ready(graph: av.filter.Graph) -> Iterator[Samples]:
    with suppress(NothingYet, NothingMore):
        while True:
            samples = graph.pull().to_ndarray()
            yield samples.reshape(-1, 2).T.astype(np.float32)
