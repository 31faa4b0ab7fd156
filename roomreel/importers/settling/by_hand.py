"""Offsets that are given by hand, and the files that they mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from roomreel.errors import ArgumentsInvalid
from roomreel.importers.choices import Choices, GivenOffset
from roomreel.importers.claims import DraftParticipant
from roomreel.importers.settling.parts import Part
from roomreel.text import counted, listed


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
