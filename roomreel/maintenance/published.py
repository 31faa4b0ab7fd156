"""The media in the store, and those of them without a row."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from roomreel.catalog.catalog import Catalog
from roomreel.compose.publish import plain_name, stored_files
from roomreel.errors import CatalogError
from roomreel.model.location import Location
from roomreel.model.table import Row, Table, composition_day
from roomreel.storage import pinned
from roomreel.storage.location import location_of
from roomreel.storage.stores import store_of

# A run records what it made within minutes; what waits for its row longer than this has none.
ORPHANED_AFTER = timedelta(days=1)

_COMPOSED = re.compile(r"(CJ[0-9a-f]{32})\..+")


@dataclass(frozen=True, slots=True)
class Published:
    """A file of a composition: its medium, or what is beside it.

    Attributes:
        opens: what the engine reads it by: its path, or the URL of this version of an object.
    """

    place: Location
    opens: str
    sid: str
    day: date
    size_bytes: int
    modified: datetime

    @property
    def is_medium(self) -> bool:
        """True if it is none of the files beside one, which have a longer name."""
        return plain_name(self.place)[0].name.count(".") == 1


def published_files(root: Location, days: Collection[date] | None = None) -> Iterator[Published]:
    """Yield the files of compositions below a folder, as far as their names are those of ours.

    Args:
        root: of the store of compositions.
        days: of which; unset: all.

    Raises:
        StorageFailed: it cannot be listed.
    """
    root = root.absolute()
    folders = [root] if days is None else [root / f"date={day}" for day in sorted(days)]
    for found in (one for folder in folders for one in store_of(root).list(folder, levels=2)):
        place = found.location
        match = _COMPOSED.fullmatch(place.name)
        if not match or not place.parent.name.startswith("date="):
            continue
        try:
            day = composition_day(match[1])
            opens = pinned(place, found.version)
            yield Published(place, opens, match[1], day, found.size_bytes, found.modified)
        except CatalogError:  # a name like ours, of no time there is
            continue


def orphans(catalog: Catalog, files: Iterable[Published], now: datetime) -> list[Published]:
    """Return those whose row is deleted, and those without a row for longer than a day.

    A row covers its medium and what is stored beside it, not the same encrypted otherwise.

    Raises:
        StorageFailed: the catalog cannot be read: then nothing is known to be an orphan.
        CatalogError: likewise.
    """
    by_day: dict[date, list[Published]] = defaultdict(list)
    for file in files:
        by_day[file.day].append(file)
    return [
        file
        for day, of_day in sorted(by_day.items())
        for rows in [catalog.find(Table.COMPOSITIONS, {file.sid for file in of_day}, [day])]
        for file in of_day
        if _is_orphan(file, rows.get(file.sid), now)
    ]


def _is_orphan(file: Published, row: Row | None, now: datetime) -> bool:
    if row and row["status"] == "deleted":
        return True
    return not (row and _covers(row, file)) and now - file.modified > ORPHANED_AFTER


def _covers(row: Row, file: Published) -> bool:
    """Return whether a row covers a file, by names alone: the store may have moved."""
    url = row["media_url"]
    return url is None or file.place.name in {one.name for one in stored_files(location_of(url))}
