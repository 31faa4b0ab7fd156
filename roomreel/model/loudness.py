"""Loudness by EBU R128: what is measured, and what is asked for."""

from __future__ import annotations

from dataclasses import dataclass

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
