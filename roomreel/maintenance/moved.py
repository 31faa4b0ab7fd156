"""Rows of compositions whose media lie elsewhere than the rows say: the store was moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.deletion import changed_at
from roomreel.compose.publish import is_named_by_sid, is_stored
from roomreel.maintenance.published import Published, published_files
from roomreel.model.location import Location
from roomreel.model.table import Partition, Row, Table
from roomreel.settings.places import Places
from roomreel.storage import find_sha256
from roomreel.storage.location import location_of


class Moved(NamedTuple):
    """The rows and media found in the store.

    Attributes:
        rows: that name its media now.
        others: media that are not those of their rows, by size or digest; those rows stay.
    """

    rows: int
    others: tuple[Location, ...]


def move(catalog: Catalog, settings: Places, now: datetime) -> Moved:
    """Have rows name the media of the store, where these are the media of the rows.

    Doing it again does what is left. Size and digest are compared; of objects the
    digest where the store has computed one.

    Args:
        now: when rows are written.

    Raises:
        StorageFailed: something cannot be listed or written.
        CatalogError: the catalog cannot be read, or a newer roomreel has written it.
    """
    rows, others = 0, list[Location]()
    for day, files in _by_day(settings).items():
        known = catalog.find(Table.COMPOSITIONS, [file.sid for file in files], [day])
        changes = []
        for file in files:
            row = known.get(file.sid)
            if row is None or not _is_of_elsewhere(row, file):
                continue
            if _is_same(row, file):
                changes.append(row | {"media_url": str(file.place)} | changed_at(row, now))
            else:
                others.append(file.place)
        if changes:
            catalog.commit(Partition(Table.COMPOSITIONS, day), changes)
            rows += len(changes)
    return Moved(rows, tuple(others))


def elsewhere(rows: Iterable[Row], settings: Places) -> list[str]:
    """Return a sentence for each composition of the store whose medium is not in the store.

    What `compose --out` wrote, and recorded, is where it was wanted, and so is what is with others.
    """
    root = f"{settings.compositions_root.absolute()}/"
    return [
        f"{row['sid']}: its media file is elsewhere: {row['media_url']}"
        for row in rows
        if row["status"] == "completed"
        and row["media_url"] is not None
        and row.get("media_external_location") is None
        and not row["media_url"].startswith(root)
        and is_named_by_sid(location_of(row["media_url"]))
    ]


def _by_day(settings: Places) -> dict[date, list[Published]]:
    found: dict[date, list[Published]] = defaultdict(list)
    for file in published_files(settings.compositions_root):
        if file.is_medium:
            found[file.day].append(file)
    return found


def _is_of_elsewhere(row: Row, file: Published) -> bool:
    url = row["media_url"]
    is_in_a_store = url is not None and row["media_external_location"] is None
    completed = row["status"] == "completed" and is_in_a_store
    return completed and url != str(file.place) and location_of(url).name == file.place.name


def _is_same(row: Row, file: Published) -> bool:
    return is_stored(str(file.place), row["size_bytes"], row["media_sha256"], find_sha256)
