"""The index of rooms: on which day a room has its row, without a search of the archive.

    <journal root>/index/rooms.index          most days
    <journal root>/index/rooms-recent.index   days that changed since that was written

A row lies on the day on which its room ended, as the first manifest of it said. So the row of a
room may lie on any day, and that a room is new only a look at all of them would show.

The index is believed for a day if and only if it has the version that the file of the day has now;
the files of other days are read. So one that is missing, stale, damaged, or left behind by a kill
or by an older engine costs time, and never a row. Each commit renews the entry of its day in the
second file, which is folded into the first when it has grown: a commit writes some kilobytes, not
what a million rooms take (8 MB).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from roomreel.catalog.backends.port import Backend, Document, data_and_version
from roomreel.catalog.files.room_days import NO_DAYS, RoomDays, decode, encode
from roomreel.errors import CatalogError, StorageFailed
from roomreel.model.table import Table

# Rooms in the file that each commit writes: 130 KB.
MOST_RECENT = 16_384

# After so many conflicts it is left: the day is read once more, then.
_TRIES = 3

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Found:
    """The answer of the index.

    Attributes:
        days: on which one may.
        unknown: days of which the index knows nothing.
    """

    days: frozenset[date]
    unknown: frozenset[date]


class RoomIndex:
    """The index in a side of the port.

    Every method may raise StorageFailed.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def find(self, sids: Iterable[str]) -> Found:
        """Return the days on which these rooms may have their rows."""
        wanted = list(sids)
        now = self._versions()
        known: set[date] = set()
        found: set[date] = set()
        for document in (Document.RECENT_ROOMS, Document.ROOMS):
            if known != now.keys():
                days = self._read(document)
                believed = {day for day in now if days.versions.get(day) == now[day]}
                found |= days.days_of(wanted, believed)
                known |= believed
        return Found(frozenset(found), frozenset(now.keys() - known))

    def renew(self, day: date, before: str | None, now: str, sids: Iterable[str]) -> None:
        """Renew the entry of a day whose file was replaced.

        Args:
            before: the version that was replaced; None: there was no file.
            now: the version that took its place.
            sids: of the rooms that it has and the other had not, at least.
        """
        added = list(sids)

        def entry(recent: RoomDays) -> RoomDays | None:
            if before is None:
                return RoomDays.of(day, now, added)
            return recent.renewed(day, before, now, added) or self._read(Document.ROOMS).renewed(
                day, before, now, added
            )

        self._add(entry)

    def fill(self, read: Callable[[date], Iterable[str]], *, whole: bool = False) -> int:
        """Read the days of which the index knows nothing, and add them.

        Args:
            read: returns the sids of the rooms of a day; may raise CatalogError.
            whole: read all days.

        Returns:
            How many days were read.
        """
        now = self._versions()
        unknown = sorted(now if whole else self.find(()).unknown)
        if not unknown:
            return 0
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            entries = list(pool.map(lambda day: _entry(day, now[day], read), unknown))
        filled = RoomDays.joined(entries)
        self._add(lambda _recent: filled)
        return len(filled.versions)

    def _versions(self) -> Mapping[date, str]:
        parts = self._backend.parts(Table.ROOMS)
        return {partition.day: file.version for partition, file in parts.items()}

    def _read(self, document: Document) -> RoomDays:
        with suppress(StorageFailed):  # such as one that only writers may read
            return self._found(document)[0]
        return NO_DAYS

    def _add(self, entry: Callable[[RoomDays], RoomDays | None]) -> None:
        """Put an entry among the recent ones, unless others are quicker each time."""
        for _ in range(_TRIES):
            recent, version = self._found(Document.RECENT_ROOMS)
            added = entry(recent)
            if added is None or self._put(recent | added, version):
                return

    def _put(self, recent: RoomDays, version: str | None) -> bool:
        if recent.rooms.num_rows <= MOST_RECENT:
            return self._swap(Document.RECENT_ROOMS, recent, version)
        # The older ones first: a kill in between leaves entries in both, which say the same.
        older, version_of_older = self._found(Document.ROOMS)
        return self._swap(Document.ROOMS, older | recent, version_of_older) and self._swap(
            Document.RECENT_ROOMS, NO_DAYS, version
        )

    def _found(self, document: Document) -> tuple[RoomDays, str | None]:
        data, version = data_and_version(self._backend.read(document))
        return decode(data), version

    def _swap(self, document: Document, days: RoomDays, version: str | None) -> bool:
        return self._backend.swap(document, encode(days), version)


def _entry(day: date, version: str, read: Callable[[date], Iterable[str]]) -> RoomDays:
    with suppress(CatalogError):  # a damaged file stays unknown
        return RoomDays.of(day, version, read(day))
    return NO_DAYS
