"""The media in the store, and which of them no row tells of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.tables import Table, composition_day
from roomreel.errors import CatalogError
from roomreel.model.place import Place, S3Location, parse
from roomreel.storage import s3
from roomreel.storage.failure import plain_words

# A run records what it made within minutes; what waits for its row longer than this has none.
ORPHANED_AFTER = timedelta(days=1)

_COMPOSED = re.compile(r"(CJ[0-9a-f]{32})\..+")


@dataclass(frozen=True, slots=True)
class Published:
    """A file of a composition: medium, poster or contact sheet."""

    place: Place
    sid: str
    day: date
    size_bytes: int
    modified: datetime


def published(root: Place) -> Iterator[Published]:
    """The files of compositions below a folder, as far as their names are those of ours.

    Raises:
        StorageFailed: it cannot be listed.
    """
    for place, size_bytes, modified in _files(root):
        match = _COMPOSED.fullmatch(place.name)
        try:
            if match:
                day = composition_day(match[1])
                yield Published(place, match[1], day, size_bytes, modified)
        except CatalogError:  # a name like ours, of no time there is
            continue


def orphans(catalog: Catalog, files: Iterable[Published], now: datetime) -> list[Published]:
    """Those without a row for longer than a day, and those whose row is deleted.

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
        for status in [_statuses(catalog, day, of_day)]
        for file in of_day
        if _is_orphan(file, status.get(file.sid), now)
    ]


def _statuses(catalog: Catalog, day: date, files: Iterable[Published]) -> dict[str, str]:
    rows = catalog.find(Table.COMPOSITIONS, {file.sid for file in files}, [day])
    return {sid: str(row["status"]) for sid, row in rows.items()}


def _is_orphan(file: Published, status: str | None, now: datetime) -> bool:
    if status is None:
        return now - file.modified > ORPHANED_AFTER
    return status == "deleted"


def _files(root: Place) -> Iterator[tuple[Place, int, datetime]]:
    if isinstance(root, S3Location):
        for found in s3.below(str(root)):
            yield parse(found.url), found.size_bytes, found.modified
        return
    with plain_words("list", root):
        for path in sorted(root.glob("date=*/*")):
            about = path.stat(follow_symlinks=False)
            yield path.absolute(), about.st_size, datetime.fromtimestamp(about.st_mtime, UTC)
