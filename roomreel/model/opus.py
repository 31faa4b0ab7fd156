"""Packets of Opus: how long each lasts, which it says itself."""

from __future__ import annotations

RATE = 48_000
"""Opus counts samples of this rate, whatever it was made of."""

LONGEST = 5760
"""Samples of the longest packet: 120 ms."""

_SILK, _HYBRID, _CELT = (480, 960, 1920, 2880), (480, 960), (120, 240, 480, 960)


def opus_samples(packet: bytes) -> int:
    """Return how many samples a packet of Opus lasts; 0 where it is none.

    Source: RFC 6716, 3.1 (table 2) and 3.2.
    """
    if not packet:
        return 0
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        length = _SILK[config & 3]
    else:
        length = _HYBRID[config & 1] if config < 16 else _CELT[config & 3]
    count = {0: 1, 1: 2, 2: 2}.get(code, packet[1] & 0x3F if len(packet) > 1 else 0)
    return length * count if length * count <= LONGEST else 0
