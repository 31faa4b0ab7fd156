"""Check that catalogs and media are intact; a list of what is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from roomreel.catalog.attempts import day_of_attempt
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.schema.tables import NEWER_REMEDY, VERSION, is_of_today, version_of
from roomreel.errors import CatalogError, StorageFailed
from roomreel.maintenance.moved import elsewhere
from roomreel.maintenance.published import orphans, published_files
from roomreel.model.table import Partition, Row, Table, composition_day, day_of
from roomreel.settings.places import Places
from roomreel.storage import stat
from roomreel.storage.location import location_of

# More of one kind in one file is no news.
_MOST_NAMED = 10

_COLUMNS = {
    Table.ROOMS: ["sid", "end_time"],
    Table.RECORDINGS: ["sid", "room_sid"],
    Table.COMPOSITIONS: ["sid", "status", "media_url", "media_external_location", "size_bytes"],
    Table.ATTEMPTS: ["sid", "status", "time", "composition_sid"],
    Table.TALK: ["sid"],
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: where, what, and what to do about it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} ({self.remedy})"


def check(catalog: Catalog, settings: Places, now: datetime) -> list[Finding]:
    """Look at every file of the catalogs and of the store.

    Of each table: its files can be read, have today's schema, one row per sid, sorted, of its date.
    Completed compositions have their medium in its size, in the store, and every medium older than
    a day has a row.

    Raises:
        StorageFailed: what is there cannot be listed.
    """
    findings: list[Finding] = []
    room_days: dict[str, date] = {}
    for table in Table:  # rooms first: recordings are asked for the day of theirs
        seen: Counter[str] = Counter()
        for day in catalog.reader.days(table):
            partition = Partition(table, day)
            try:
                rows = _rows(catalog, partition, findings)
            except (CatalogError, StorageFailed) as error:
                findings.append(Finding(str(partition), error.message, _REBUILD))
                continue
            seen.update(row["sid"] for row in rows)
            if table is Table.ROOMS:
                room_days |= {row["sid"]: day for row in rows}
            findings += _named(partition, _misplaced(partition, rows, room_days))
            if table is Table.COMPOSITIONS:
                findings += _named(partition, _without_media(rows))
                findings += _findings(str(partition), elsewhere(rows, settings), _MOVE)
        doubled = [f"{sid} has {n} rows" for sid, n in seen.items() if n > 1]
        findings += _findings(str(table), doubled, _REBUILD)
    return findings + _unknown_media(catalog, settings, now)


_REBUILD = "roomreel catalog rebuild"
_UPGRADE = "roomreel catalog upgrade"
_MOVE = "roomreel catalog move, once they are in the store"
_LOOK = "roomreel show says more"


def _rows(catalog: Catalog, partition: Partition, findings: list[Finding]) -> list[Row]:
    """Return the rows of a file in the order they have there, in the columns that are checked."""
    file = catalog.reader.file(partition)
    newer = version_of(file.schema_arrow)
    if newer > int(VERSION):
        what = f"written by a newer roomreel (catalog version {newer}, this one knows {VERSION})"
        findings.append(Finding(str(partition), what, NEWER_REMEDY))
    elif not is_of_today(partition.table, file.schema_arrow):
        findings.append(Finding(str(partition), "its schema is of another version", _UPGRADE))
    known = [name for name in _COLUMNS[partition.table] if name in file.schema_arrow.names]
    rows: list[Row] = file.read(known).to_pylist()
    sids = [row["sid"] for row in rows]
    if None in sids:
        findings.append(Finding(str(partition), "a row has no sid", _REBUILD))
    elif sids != sorted(sids):
        findings.append(Finding(str(partition), "its rows are not sorted by sid", _UPGRADE))
    return [row for row in rows if row["sid"] is not None]


def _misplaced(
    partition: Partition, rows: Iterable[Row], room_days: dict[str, date]
) -> Iterator[str]:
    for row in rows:
        day = _day(partition.table, row, room_days)
        if day not in {None, partition.day}:
            yield f"{row['sid']} belongs to {day}"


def _day(table: Table, row: Row, room_days: dict[str, date]) -> date | None:
    """Return the day a row belongs to; None where it is unknown."""
    if table is Table.RECORDINGS:
        return room_days.get(row["room_sid"])
    if table is Table.ROOMS:
        return row["end_time"] and day_of(row["end_time"])
    try:
        if table is Table.ATTEMPTS:
            recorded = row["status"] != "purged" and (row["composition_sid"] or row["time"])
            return day_of_attempt(row["composition_sid"], row["time"]) if recorded else None
        return composition_day(row["sid"])
    except CatalogError:
        return date.min


def _without_media(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if row["status"] != "completed" or row["media_url"] is None:
            continue
        if row.get("media_external_location") is not None:
            continue  # with others, who do with it what they like
        try:
            found = stat(location_of(row["media_url"]))
        except StorageFailed as error:
            yield f"{row['sid']}: {error.message}"
            continue
        if found is None:
            yield f"{row['sid']}: there is no {row['media_url']}"
        elif row["size_bytes"] not in {None, found.size_bytes}:
            recorded, there = row["size_bytes"], found.size_bytes
            yield f"{row['sid']}: {row['media_url']} has {there} bytes, not {recorded}"


def _unknown_media(catalog: Catalog, settings: Places, now: datetime) -> list[Finding]:
    root = settings.compositions_root
    try:
        found = orphans(catalog, published_files(root), now)
    except CatalogError:  # reported already
        return []
    names = [f"no row describes {file.place.name}" for file in found]
    return _findings(str(root), names, "roomreel catalog rebuild, or roomreel retention")


def _named(partition: Partition, whats: Iterable[str]) -> list[Finding]:
    return _findings(str(partition), list(whats), _LOOK)


def _findings(where: str, whats: list[str], remedy: str) -> list[Finding]:
    named = [Finding(where, what, remedy) for what in whats[:_MOST_NAMED]]
    more = len(whats) - len(named)
    return [*named, *([Finding(where, f"and {more} more like it", remedy)] if more else [])]
