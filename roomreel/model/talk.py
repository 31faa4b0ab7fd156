"""Talk: when participants speak, as their sound says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from roomreel.model.time import Span

Spurts = Mapping[str, tuple[Span, ...]]
"""By participant sid, the spans of the room clock in which they make the sound of speech: in
order, none of them empty, no two that touch."""

USUAL_PAUSE = Fraction(1)
"""Seconds of silence that a turn goes on over, where nothing else is said."""

USUAL_LEAST = Fraction(8, 10)
"""Seconds of talk that make a turn, where nothing else is said."""


class Sensitivity(StrEnum):
    """The faintness at which sound still counts as talk."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Turn:
    """One participant's talk without a long pause.

    Attributes:
        span: of the room clock, from the first word to the last.
        talk_s: seconds of it in which they are heard.
    """

    participant_sid: str
    span: Span
    talk_s: Fraction
