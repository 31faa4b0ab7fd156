"""Choices of a user that win over every rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from roomreel.importers.claims import Anchor


@dataclass(frozen=True, slots=True)
class GivenOffset:
    """An offset given by hand, of the one file that all its other members name.

    Attributes:
        offset_ms: where its anchor sits on the room clock.
        file: name in the delivery, with or without its folders.
        participant: key or identity.
        track: key, name, `participant/track`, sid, or the name of a file.
        at: the place where it was given, for people: `--offset`, or a line of a file.
    """

    offset_ms: int
    file: str | None = None
    participant: str | None = None
    track: str | None = None
    anchor: Anchor = Anchor.ZERO
    at: str = "--offset"

    @property
    def meant(self) -> str:
        """The file that is meant, in the words of the user."""
        return ", ".join(filter(None, (self.file, self.participant, self.track)))


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices for one import.

    Attributes:
        end_time: of the room; None: what is claimed or found.
        name: unique name of the room; None: what the service calls it.
    """

    offsets: tuple[GivenOffset, ...] = ()
    end_time: datetime | None = None
    name: str | None = None
