"""The mixing of the sound of a template: the gain of each recording."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

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
class Mixing:
    """All that is done to sound before it is added up.

    Attributes:
        gains: of several that name a recording the first counts; one that none names is heard as
            it was recorded.
    """

    gains: tuple[Gain, ...] = ()


AS_RECORDED = Mixing()
"""The mixing of templates that say nothing of it."""
