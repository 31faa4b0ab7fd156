"""The active speaker: the rules by which a picture follows who talks, as templates have them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from roomreel.model.selection import EVERYTHING, Selection
from roomreel.model.talk import Sensitivity
from roomreel.model.time import Span


class Evidence(StrEnum):
    """The kind of what says who talks."""

    SOUND = "sound"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class SpeakerRules:
    """The rules by which one participant at a time is the active speaker.

    Attributes:
        sources: the sound that is listened to.
        min_talk_ms: what is shorter is no turn, and moves nothing.
        pause_ms: the silence that a turn goes on over.
        hold_ms: how long somebody stays the active speaker at least.
        lead_ms: how long before a turn the picture is there.
    """

    evidence: Evidence = Evidence.SOUND
    sources: Selection = EVERYTHING
    sensitivity: Sensitivity = Sensitivity.NORMAL
    min_talk_ms: int = 800
    pause_ms: int = 1000
    hold_ms: int = 2000
    lead_ms: int = 200

    @property
    def min_talk(self) -> Fraction:
        """The same in seconds."""
        return Fraction(self.min_talk_ms, 1000)

    @property
    def pause(self) -> Fraction:
        """The same in seconds."""
        return Fraction(self.pause_ms, 1000)

    @property
    def hold(self) -> Fraction:
        """The same in seconds."""
        return Fraction(self.hold_ms, 1000)

    @property
    def lead(self) -> Fraction:
        """The same in seconds."""
        return Fraction(self.lead_ms, 1000)


USUAL_SPEAKER = SpeakerRules()


@dataclass(frozen=True, slots=True)
class Spoken:
    """A time in which one participant is the active speaker; seconds on the room clock."""

    participant_sid: str
    span: Span
