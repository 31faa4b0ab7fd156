"""Loudness by EBU R128: what is measured, and what is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

GATE_LUFS = -70.0
"""What is no louder is silence to EBU R128, and has no loudness."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The measurements of a piece of sound.

    Attributes:
        loudness_lufs: integrated over all of it; None where nothing passes the gate.
        true_peak_dbtp: the highest peak between samples, dB of full scale; None of digital
            silence, and where it was not looked for.
    """

    loudness_lufs: float | None = None
    true_peak_dbtp: float | None = None


@dataclass(frozen=True, slots=True)
class LoudnessTarget:
    """The loudness that a composition is brought to.

    Attributes:
        target_lufs: -31 to -5, in tenths.
        true_peak_dbtp: that its peaks stay below, -9 to 0, in tenths.
    """

    target_lufs: Fraction
    true_peak_dbtp: Fraction = Fraction(-3, 2)


@dataclass(frozen=True, slots=True)
class Leveled:
    """Sound that was brought to a loudness.

    Attributes:
        mix_gain_db: by which its mix was made louder, below 0 quieter.
        file: its measurements as it was encoded.
    """

    mix_gain_db: float
    file: Measured
