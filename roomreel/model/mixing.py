"""The mixing of the sound of a template: gains of recordings, and the loudness of all."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.loudness import LoudnessTarget
from roomreel.model.selection import Pattern


@dataclass(frozen=True, slots=True)
class Gain:
    """The decibels by which some recordings are heard louder than they were recorded.

    Attributes:
        gain_db: -60 to 20, in tenths; below 0 they are quieter.
    """

    sources: tuple[Pattern, ...]
    gain_db: Fraction


@dataclass(frozen=True, slots=True)
class Level:
    """The loudness that each recording is brought to by itself.

    Attributes:
        target_lufs: -40 to -10, in tenths.
        max_gain_db: 0 to 20, in tenths; the most by which one is heard louder, or quieter.
    """

    target_lufs: Fraction
    max_gain_db: Fraction = Fraction(12)


@dataclass(frozen=True, slots=True)
class Mixing:
    """The mixing of sound, beside adding it up.

    Attributes:
        gains: of several that name a recording the first counts; one that none names is heard as
            it was recorded.
        loudness: that all of it together is brought to; None: it stays as it is.
        level: that each recording is brought to, before its gain; None: it stays as it is.
    """

    gains: tuple[Gain, ...] = ()
    loudness: LoudnessTarget | None = None
    level: Level | None = None


AS_RECORDED = Mixing()
"""The mixing of templates that say nothing of it."""
