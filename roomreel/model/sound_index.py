"""Levels and loudness of one recording, by which is told who talks in it, and how loud."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from fractions import Fraction

from roomreel.model.column import Column

LEVEL_S = Fraction(1, 50)
"""Seconds of container time of which each has one level."""

NO_PACKET = -1200
"""The level where no packet sounds; it is lower than that of any sound."""


@dataclass(frozen=True, slots=True, eq=False)
class SoundIndex:
    """The levels of one audio recording.

    Attributes:
        first: which of all the levels counted from container time 0 is the first one here; those
            before it and after the last are `NO_PACKET`.
        levels: tenths of dB of full scale of how sound changes, so that hum and a constant do not
            count: speech of -20 dB is at some -36.
        loudness: integrated loudness by EBU R 128, hundredths of LUFS; None where none of it is
            loud enough to count. Mono counts as it is heard, on both sides.
        peak: true peak by ITU-R BS.1770, hundredths of dB of full scale; None of digital silence.
    """

    first: int = 0
    levels: Column = field(default_factory=lambda: array("h"))
    loudness: int | None = None
    peak: int | None = None
