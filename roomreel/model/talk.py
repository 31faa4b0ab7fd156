"""Talk: when participants speak, as their sound says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from roomreel.model.time import Span

Spurts = Mapping[str, tuple[Span, ...]]
"""By participant sid, the spans of the room clock in which they make the sound of speech: in
order, none of them empty, no two that touch."""


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


@dataclass(frozen=True, slots=True)
class Spurt:
    """Talk in one recording without a pause.

    Attributes:
        span: of the room clock.
        level: mean of its levels, tenths of dB: see `roomreel.model.sound_index`.
    """

    span: Span
    level: int


@dataclass(frozen=True, slots=True)
class RecordingTalk:
    """The talk in one recording, without other people's voices.

    Attributes:
        spurts: in order.
        sounding: spans of the room clock in which packets come, but for gaps of up to 2 s.
        floor: tenths of dB that a tenth of its levels lie below; None without a packet.
        loudness: of all of it, hundredths of LUFS; None where none is loud enough to count.
        peak: hundredths of dB of full scale; None of digital silence.
    """

    participant_sid: str
    spurts: tuple[Spurt, ...] = ()
    sounding: tuple[Span, ...] = ()
    floor: int | None = None
    loudness: int | None = None
    peak: int | None = None


@dataclass(frozen=True, slots=True)
class RoomTalk:
    """The talk in a room.

    Attributes:
        spurts: of each participant of whom some sound is known, of all their recordings.
        recordings: by sid, those whose sound is known.
    """

    spurts: Spurts = field(default_factory=dict)
    recordings: Mapping[str, RecordingTalk] = field(default_factory=dict)

    def without(self, people: Collection[str]) -> RoomTalk:
        """Return it without the talk of some participants, by sid."""
        return RoomTalk(
            {sid: spans for sid, spans in self.spurts.items() if sid not in people},
            {sid: one for sid, one in self.recordings.items() if one.participant_sid not in people},
        )


NO_TALK = RoomTalk()
"""The talk in a room that was not listened to."""
