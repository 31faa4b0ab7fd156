"""Drift: how far the clock of a sound source runs off the clock of its timestamps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from itertools import islice
from operator import sub

from roomreel.model.media import PacketIndex

# Below this much sound a drift of 50 ppm is 3 ms: no ear hears it, and rounding hides it.
SHORTEST_S = 60

# The length of sound a packet holds is a multiple of this many seconds: Opus frames are 2.5 ms
# or a multiple (RFC 6716, 2.1.4), G.711 is sent in whole milliseconds (RFC 3551, 4.2). A container
# that counts milliseconds has rounded it. Codecs not named here are not measured.
FRAME_S: Mapping[str, Fraction] = {
    "opus": Fraction(1, 400),
    "pcm_mulaw": Fraction(1, 1000),
    "pcm_alaw": Fraction(1, 1000),
}


def drift_ppm(packets: PacketIndex) -> int | None:
    """Return the drift of timestamps against the count of samples, in parts per million.

    Compares, over stretches without a gap, the time between packets with the sound they hold.

    Returns:
        0 where it is within the rounding of timestamps; None where less than a minute of sound
        can be measured, or the codec or the container does not say how long a packet is.
    """
    frame = FRAME_S.get(packets.codec)
    if frame is None:
        return None
    steps = map(sub, islice(packets.pts, 1, None), packets.pts)
    breaks, elapsed_ticks, held = 0, 0, Fraction(0)
    # Few of the pairs are different: what is not counted in C is done once for each of those.
    for (step, lasts), count in Counter(zip(steps, packets.durations, strict=False)).items():
        # A step that is not about one packet long is a gap, a loss or a jump, and no drift.
        if 0 < lasts <= 2 * step <= 3 * lasts:
            elapsed_ticks += step * count
            held += round(lasts * packets.time_base / frame) * frame * count
        else:
            breaks += count
    if held < SHORTEST_S:
        return None
    elapsed = elapsed_ticks * packets.time_base
    rounding = (breaks + 1) * packets.time_base
    if abs(elapsed - held) <= rounding:
        return 0
    return round((elapsed - held) / held * 1_000_000)
