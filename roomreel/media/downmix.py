"""More than two channels in stereo: whatever they are called, every one is heard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np
from av import AudioFrame, AudioResampler
from numpy.typing import NDArray

Samples = NDArray[np.float32]

MINUS_3_DB = sqrt(0.5)

LEFT, RIGHT = (1.0, 0.0), (0.0, 1.0)
LEFT_3, RIGHT_3 = (MINUS_3_DB, 0.0), (0.0, MINUS_3_DB)
CENTRE = MINUS_3_DB, MINUS_3_DB
BOTH, SILENT = (1.0, 1.0), (0.0, 0.0)

GAINS: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("FL", "FLC", "DL"), LEFT),
    **dict.fromkeys(("FR", "FRC", "DR"), RIGHT),
    **dict.fromkeys(("FC", "TC", "TFC", "TBC", "BFC"), CENTRE),
    **dict.fromkeys(("BL", "SL", "TFL", "TBL", "TSL", "BFL", "WL", "SDL", "SSL", "TTL"), LEFT_3),
    **dict.fromkeys(("BR", "SR", "TFR", "TBR", "TSR", "BFR", "WR", "SDR", "SSR", "TTR"), RIGHT_3),
    "BC": (0.5, 0.5),
    # Films have no more than thunder here. But FFmpeg calls the third of three microphones so.
    **dict.fromkeys(("LFE", "LFE2"), CENTRE),
    # The first two of an ambisonic sphere are all of it, and left less right: two cardioids. The
    # others are differences too, which would take away from it.
    "AMBI0": CENTRE,
    "AMBI1": (MINUS_3_DB, -MINUS_3_DB),
}
"""To the left and to the right, by FFmpeg's name of a channel: its own gains (ITU-R BS.775) for
those that it mixes, and for the others those of their side."""

AMBISONIC = "AMBI"
"""How the names of ambisonic channels begin."""

PLAIN = frozenset({(), ("FC",), ("FL", "FR")})
"""Names of channels that need no matrix: mono and stereo."""


def to_stereo(names: Sequence[str]) -> Samples | None:
    """Return the matrix of shape (2, channels) that makes stereo of channels; None: they are plain.

    A channel of which the place is unknown (unnamed, unused, one of many) is taken for a
    microphone: it is heard on both sides at its level, as mono recordings are.
    """
    if tuple(names) in PLAIN:
        return None
    if len(names) == 2 and not any(name in GAINS for name in names):
        return np.eye(2, dtype=np.float32)  # nothing says that it is not stereo
    return np.array([_gains(name) for name in names], np.float32).T


def _gains(name: str) -> tuple[float, float]:
    return GAINS.get(name, SILENT if name.startswith(AMBISONIC) else BOTH)


class Downmix:
    """Makes stereo of frames of one shape, of float at their own rate.

    Args:
        first: one of the frames.
        matrix: from `to_stereo`.
    """

    def __init__(self, first: AudioFrame, matrix: Samples) -> None:
        self._matrix = matrix
        # All channels in one plane: of 8 planes and more PyAV does not know where they end.
        self._packed = AudioResampler("flt", first.layout, first.sample_rate)

    def mix(self, frame: AudioFrame) -> AudioFrame:
        """Return a frame in stereo, at the same time."""
        [packed] = self._packed.resample(frame)
        channels = packed.to_ndarray().reshape(-1, self._matrix.shape[1]).T
        stereo = AudioFrame.from_ndarray(np.ascontiguousarray(self._matrix @ channels), "fltp")
        stereo.sample_rate, stereo.pts = frame.sample_rate, frame.pts
        stereo.time_base = frame.time_base
        return stereo
