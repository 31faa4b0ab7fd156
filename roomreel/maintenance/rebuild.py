"""Catalogs put together again from what else is known: the journal, and the media themselves.

Media say little: room, template, size, length; encrypted ones only that they are. Why
others failed, what was deleted, the recordings used and all warnings are known to nothing but the
catalogs. Rooms and recordings come back with the next run that reads their manifests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

from roomreel.catalog.backends.port import Snapshot
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.rows import Stamp, stamped
from roomreel.compose.publish import plain_name
from roomreel.maintenance.places import SET_ASIDE
from roomreel.maintenance.published import Published, published_files
from roomreel.media.tags import Tags, read_tags
from roomreel.model.composition import CompositionStatus
from roomreel.model.table import Partition, Row, Table
from roomreel.settings.rendering import Sources
from roomreel.storage import sha256_of
from roomreel.storage.failure import storage_errors


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The result of a rebuild.

    Attributes:
        set_aside: copies of files of the catalogs that could not be read.
        entries: of the journal that were merged.
        rows: of compositions, from their media.
    """

    set_aside: tuple[Path, ...]
    entries: int
    rows: int


def rebuild(catalog: Catalog, settings: Sources, now: datetime) -> Rebuilt:
    """Set files aside that cannot be read, merge the journal, and give media their rows.

    A row that is there stays as it is; repeating it changes nothing.

    Args:
        now: when it is done; part of the names of what is set aside.

    Raises:
        StorageFailed: something cannot be read or written; doing it again does what is left.
        CatalogError: an entry of the journal cannot be read.
    """
    partitions = [Partition(table, day) for table in Table for day in catalog.reader.days(table)]
    aside = [
        _set_aside(catalog, partition, found, settings, now)
        for partition in partitions
        if (found := catalog.store.unreadable(partition))
    ]
    recovery = catalog.recover()
    if recovery.problems:
        raise recovery.problems[0]
    catalog.index_rooms(whole=True)
    rows = 0
    for day, files in _media(settings).items():
        known = catalog.find(Table.COMPOSITIONS, [file.sid for file in files], [day])
        new = _rows([file for file in files if file.sid not in known], settings)
        if new:
            catalog.commit(Partition(Table.COMPOSITIONS, day), new)
            rows += len(new)
    return Rebuilt(tuple(aside), recovery.entries, rows)


def _set_aside(
    catalog: Catalog, partition: Partition, found: Snapshot, settings: Sources, now: datetime
) -> Path:
    """Copy a file away that cannot be read, and put one without rows in its place."""
    folder = settings.scratch_root / SET_ASIDE
    copy = folder / f"{partition.table}-{partition.day}-{now:%Y%m%dT%H%M%S}.parquet"
    with storage_errors("write", copy):
        folder.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(found.data)
    catalog.store.clear(partition, found)
    return copy


def _media(settings: Sources) -> dict[date, list[Published]]:
    newest: dict[str, Published] = {}  # one may be there encrypted, and from before, too
    for file in sorted(published_files(settings.compositions_root), key=lambda file: file.modified):
        if file.is_medium:
            newest[file.sid] = file
    by_day: dict[date, list[Published]] = defaultdict(list)
    for file in newest.values():
        by_day[file.day].append(file)
    return by_day


def _rows(files: Sequence[Published], settings: Sources) -> list[Row]:
    """Return rows older than any that a run wrote of the same compositions, which so win."""
    plain = [file.opens for file in files if plain_name(file.place)[1] == "none"]
    tags = read_tags(plain, settings.memory_limit_bytes)
    return [_row(file, tags.get(file.opens, Tags())) for file in files]


def _row(file: Published, tags: Tags) -> Row:
    """Return the row of a composition by its file and its tags, which have names of columns."""
    plain, encryption = plain_name(file.place)
    of_file: Row = {
        "date_completed": file.modified,
        "format": plain.name.rpartition(".")[2],
        "size_bytes": file.size_bytes,
        "media_url": str(file.place),
        # An object would have to come here for it, all of it.
        "media_sha256": sha256_of(file.place) if isinstance(file.place, Path) else None,
        "encryption": None if encryption == "none" else encryption,
        "attempts": 0,
    }
    recorded = asdict(tags) | of_file
    return stamped(file.sid, CompositionStatus.COMPLETED, Stamp(file.modified), recorded)
