"""Choices of a user that win over every rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from roomreel.errors import ArgumentsInvalid
from roomreel.importers.claims import Anchor, DraftParticipant
from roomreel.importers.parts import Part
from roomreel.text import counted, listed


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


def given_offsets(
    choices: Choices, parts: Sequence[Part], people: Iterable[DraftParticipant]
) -> dict[str, GivenOffset]:
    """Return the offsets that were given for these recordings, by sid.

    Raises:
        ArgumentsInvalid: one means several files, or a file is given two.
    """
    identities = {one.key: one.identity for one in people}
    found: dict[str, GivenOffset] = {}
    for given in choices.offsets:
        meant = [part for part in parts if _means(given, part, identities)]
        files = {part.piece.file or part.sid for part in meant}
        if len(files) > 1:
            raise ArgumentsInvalid(
                f"{given.at}: {given.meant!r} means {counted(len(files), 'file')}: {listed(files)}",
                "name one of them",
            )
        for part in meant:
            if found.setdefault(part.sid, given).offset_ms != given.offset_ms:
                raise ArgumentsInvalid(
                    f"{given.at}: {part.piece.file or part.label} has an offset already, of"
                    f" {found[part.sid].at}",
                    "give it one",
                )
    return found


def refuse_unused(choices: Choices, used: Iterable[GivenOffset], known: Iterable[str]) -> None:
    """Refuse offsets that no file of a delivery is meant by.

    Args:
        used: those of all its rooms that were.
        known: names of files, to choose from.

    Raises:
        ArgumentsInvalid: there are such; names each.
    """
    taken = set(used)
    unused = [f"{one.at}: {one.meant}" for one in choices.offsets if one not in taken]
    if unused:
        raise ArgumentsInvalid(
            f"no file is meant by {'; '.join(unused)}", f"there are: {listed(known)}"
        )


def _means(given: GivenOffset, part: Part, identities: dict[str, str]) -> bool:
    key = part.track.participant
    people = {key, identities.get(key, key)}
    names = _file_names(part)
    tracks = {part.track.key, part.track.name, part.sid, part.source_sid, *names}
    tracks |= {f"{who}/{part.track.name}" for who in people}
    meant = ((given.file, names), (given.participant, people), (given.track, tracks))
    return all(wanted is None or wanted in known for wanted, known in meant)


def _file_names(part: Part) -> set[str]:
    file = part.piece.file
    return set() if file is None else {file, file.rpartition("/")[2]}
