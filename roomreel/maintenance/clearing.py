"""Clear the places of a machine: of what is deleted, and of what is no longer used.

What is deleted on one machine has copies on others. Each learns of it by its own next run, from the
catalogs: from those of their files that changed since it looked last, which a notebook in its
scratch folder says.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.queries.conditions import column
from roomreel.catalog.rows import nightly_sid
from roomreel.errors import CatalogError, RoomreelError, StorageFailed
from roomreel.maintenance.places import DAY_S, PLACES, Gone, Machine
from roomreel.model.composition import beginning_of_sid
from roomreel.model.table import DELETABLE, Partition, Row, Table
from roomreel.storage import clean_up_unfinished
from roomreel.storage.cache import key_of
from roomreel.storage.failure import storage_errors
from roomreel.storage.replace import new_file

# What was in use when it should have gone, or was made by a run that had begun before.
AGAIN_FOR_S = 2 * DAY_S
PICTURES = "artifacts of the orchestrator"
_COLUMNS: Mapping[Table, list[str]] = {
    Table.COMPOSITIONS: ["sid", "room_sid", "template", "template_sha256", "date_deleted"],
    Table.RECORDINGS: ["sid", "room_sid", "media_url", "date_deleted"],
}


@dataclass(frozen=True, slots=True)
class Cleared:
    """The files and rows that were removed, or would be.

    Attributes:
        counts: by name of the place.
        problems: what could not be read; the next run tries again.
    """

    counts: Mapping[str, int]
    problems: tuple[RoomreelError, ...] = ()

    @property
    def count(self) -> int:
        """The number in all."""
        return sum(self.counts.values())


def sweep(machine: Machine, *, dry_run: bool = False) -> Cleared:
    """Remove what has not been used for long from the places of a machine.

    Raises:
        StorageFailed: a place cannot be read.
    """
    now = time.time()
    counts: Counter[str] = Counter()
    for place in PLACES:
        before = now - place.kept_s(machine.settings)
        with storage_errors("clear", place.where(machine)):
            aged = [
                entry.path
                for entry in place.holds(place.where(machine))
                if entry.about.st_mtime <= before
            ]
            counts[place.name] = sum(dry_run or place.remove(path) for path in aged)
    return Cleared(counts)


def forget(machine: Machine, gone: Gone, *, dry_run: bool = False) -> Cleared:
    """Remove what is of deleted rows from the places of a machine, and from its orchestrator.

    Raises:
        StorageFailed: a place cannot be read.
    """
    counts: Counter[str] = Counter()
    for place in PLACES:
        with storage_errors("clear", place.where(machine)):
            found = [entry.path for entry in place.holds(place.where(machine))]
            wanted = [path for path in found if place.of(path, gone)]
            counts[place.name] = sum(dry_run or place.remove(path) for path in wanted)
    try:
        if gone.compositions and not dry_run:
            counts[PICTURES] = machine.unpublish(gone.compositions)
    except StorageFailed as error:
        return Cleared(counts, (error,))
    return Cleared(counts)


def gone_of(
    catalog: Catalog, table: Table, rows: Sequence[Row], days: Iterable[date] | None = None
) -> Gone:
    """Return what must not be in any of the places any more, now that rows are deleted.

    Args:
        days: on which the rooms of recordings ended; unset: those that the index of rooms says.

    Raises:
        CatalogError: the catalog cannot be read.
        StorageFailed: likewise.
    """
    room_sids = {row["room_sid"] for row in rows} - {None}
    if table is Table.COMPOSITIONS:
        # Those that were asked for are of another day than their room.
        rooms = catalog.find(Table.ROOMS, room_sids) if room_sids else {}
        sids = frozenset(row["sid"] for row in rows)
        return Gone(compositions=sids, parts=sids | _parts_of(rows, rooms))
    rooms = catalog.find(Table.ROOMS, room_sids, days)
    ends = [room["end_time"] for room in rooms.values() if room["end_time"]]
    return Gone(
        media=frozenset(key_of(row["media_url"]) for row in rows if row["media_url"]),
        room_ends=frozenset(map(beginning_of_sid, ends)),
    )


def _parts_of(rows: Iterable[Row], rooms: Mapping[str, Row]) -> frozenset[str]:
    """Return the names of the folders of what is half made of compositions."""
    found = (
        nightly_sid(row, rooms[row["room_sid"]]["end_time"])
        for row in rows
        if row["room_sid"] in rooms
    )
    return frozenset(filter(None, found))


def forget_deleted(catalog: Catalog, machine: Machine, *, dry_run: bool = False) -> Cleared:
    """Remove what is of rows that were deleted since this machine looked last, by any machine.

    A file that it never looked at concerns it if and only if it was written since the oldest copy
    on this machine was used, or within two days: no other can have deleted what is here.

    Raises:
        StorageFailed: the catalogs cannot be listed, or a place not be read.
    """
    file = _notebook_of(machine)
    noted, now = _read(file), time.time()
    oldest = _oldest_copy(machine, now) - AGAIN_FOR_S
    found: dict[str, Note] = {}
    gone, problems = Gone(), list[RoomreelError]()
    for partition, part in catalog.store.parts().items():
        if partition.table not in DELETABLE:
            continue
        note = noted.get(str(partition))
        if note is None and part.modified < oldest:
            note = Note(part.version, 0.0)
        if note is None or note.is_due(part.version, now):
            try:
                rows = _deleted(catalog, partition)
                gone |= gone_of(catalog, partition.table, rows, [partition.day])
            except (CatalogError, StorageFailed) as error:
                problems.append(error)
                continue
            note = Note(part.version, _until(rows))
        found[str(partition)] = note
    cleared = forget(machine, gone, dry_run=dry_run) if gone else Cleared({})
    if not (dry_run or cleared.problems or found == noted):
        _write(file, found)
    return Cleared(cleared.counts, (*problems, *cleared.problems))


@dataclass(frozen=True, slots=True)
class Note:
    """That a file of the catalogs was looked at.

    Attributes:
        token: of its bytes then.
        until: instant (seconds since 1970) until which it is looked at again all the same.
    """

    token: str
    until: float

    def is_due(self, token: str, now: float) -> bool:
        """Return whether the file is to be read: it changed, or what was deleted may come back."""
        return token != self.token or now < self.until


def _oldest_copy(machine: Machine, now: float) -> float:
    """Return the last use of the copy that was not used for longest; `now` if there is none."""
    used = [entry.about.st_mtime for place in PLACES for entry in place.holds(place.where(machine))]
    return min(used, default=now)


def _until(rows: Iterable[Row]) -> float:
    deleted = [row["date_deleted"].timestamp() for row in rows if row["date_deleted"]]
    return max(deleted) + AGAIN_FOR_S if deleted else 0.0


def _deleted(catalog: Catalog, partition: Partition) -> list[Row]:
    where = column("status") == "deleted"
    return catalog.read(
        partition.table, where, _COLUMNS[partition.table], [partition.day]
    ).to_pylist()


def _notebook_of(machine: Machine) -> Path:
    root = key_of(str(machine.settings.catalog_root.absolute()))
    return machine.settings.scratch_root / f"roomreel-cleared-{root}.json"


def _read(file: Path) -> dict[str, Note]:
    """Return the notes of earlier runs; none if they cannot be read, so that all is looked at."""
    try:
        noted = json.loads(file.read_bytes())
        return {name: Note(str(token), float(until)) for name, (token, until) in noted.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write(file: Path, notes: Mapping[str, Note]) -> None:
    data = json.dumps({name: [note.token, note.until] for name, note in notes.items()})
    staging = file.parent / ".staging"
    with suppress(OSError, StorageFailed):  # then the next run looks once more
        clean_up_unfinished(staging)
        with new_file(file, staging=staging) as whole:
            whole.write(data.encode())
