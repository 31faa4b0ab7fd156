"""Events of a room: what was said or done at an instant, as a recorder or an application notes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from operator import attrgetter


class EventKind(StrEnum):
    """Kinds of events, by what they say."""

    LAYOUT = "layout"
    SPEAKER = "speaker"
    MARK = "mark"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a room.

    Attributes:
        at_ms: on the room clock; may lie before or after everything that was recorded.
        value: the layout that is on from then, or the words of a mark; "" for a speaker.
        participant_sid: who speaks from then, or did it; "" for nobody, or where it is not said.
    """

    at_ms: int
    kind: EventKind
    value: str = ""
    participant_sid: str = ""

    @property
    def at(self) -> Fraction:
        """Seconds on the room clock."""
        return Fraction(self.at_ms, 1000)


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """Return different events by time; of one time always in the same order, however they come."""
    return tuple(sorted(set(events), key=attrgetter("at_ms", "kind", "value", "participant_sid")))
