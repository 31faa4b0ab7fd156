"""The rooms of deliveries, settled, and which of them are not to be written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from roomreel.errors import ClockTooCoarse, ImportEmpty, ImportRefused
from roomreel.importers.choices import Choices
from roomreel.importers.claims import Grade
from roomreel.importers.reading import Reading
from roomreel.importers.settling.by_hand import refuse_unused
from roomreel.importers.settling.settle import Settled, settle

_MOST_SHOWN = 12


def settle_all(
    readings: Sequence[Reading], choices: Choices, memory_bytes: int, made: Path
) -> list[Settled]:
    """Return the rooms of deliveries, their claims compared with their media.

    Args:
        memory_bytes: for the reading of a file.
        made: folder for media that have to be made of what was delivered.

    Raises:
        ArgumentsInvalid: a choice is for no file, or for no single room.
    """
    rooms: list[Settled] = []
    for reading in readings:
        delivery = reading.found.files
        media = delivery.locals(reading.files)
        rooms += [
            settle(
                draft,
                media,
                reading.found.importer,
                choices,
                listing=delivery,
                memory_bytes=memory_bytes,
                made=made,
            )
            for draft in reading.drafts
        ]
    if rooms:
        known = [name for reading in readings for name in sorted(reading.files)]
        refuse_unused(choices, (one for room in rooms for one in room.used), known)
    return rooms


def refusal_of(room: Settled, worst: Grade | None, *, force: bool) -> ImportRefused | None:
    """Return why a room is not to be written; None where it is.

    Args:
        worst: the worst clock that is taken; None: any is.
        force: whether a room without a recording is written, too.
    """
    name = room.room.unique_name
    if not room.usable and not force:
        return ImportEmpty(
            f"the room {name} has no recording that can be used",
            "see the reasons above; --force writes its manifest all the same",
        )
    if worst is None or room.grade.rank <= worst.rank:
        return None
    worse = {f"{one.participant}/{one.track}" for one in room.rows if one.grade.rank > worst.rank}
    return ClockTooCoarse(
        f"the clock of the room {name} is {room.grade}, and --strict {worst} was asked for:"
        f" {', '.join(sorted(worse)[:_MOST_SHOWN])}",
        "--offset TRACK=MS or --offsets FILE.csv sets it right; else leave out --strict",
    )
