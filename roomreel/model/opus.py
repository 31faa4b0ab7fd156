"""Packets of Opus: how long each lasts, which it says itself."""

from __future__ import annotations

RATE = 48_000
"""Opus counts samples of this rate, whatever it was made of."""

LONGEST = 5760
"""Samples of the longest packet: 120 ms."""

_SILK, _HYBRID, _CELT = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)
_LENGTHS = (*_SILK * 3, *_HYBRID * 2, *_CELT * 4)
"""Samples of a frame, by the configuration of the packet."""

_LASTS = _LENGTHS, tuple(2 * one for one in _LENGTHS), tuple(2 * one for one in _LENGTHS)
"""Samples of a packet of one frame, of two equal ones and of two others."""


def opus_samples(packet: bytes) -> int:
    """Return how many samples a packet of Opus lasts; 0 where it is none.

    Source: RFC 6716, 3.1 (table 2) and 3.2.
    """
    if not packet:
        return 0
    first = packet[0]
    if first & 3 < 3:
        return _LASTS[first & 3][first >> 3]
    samples = _LENGTHS[first >> 3] * (packet[1] & 0x3F) if len(packet) > 1 else 0
    return samples if samples <= LONGEST else 0
