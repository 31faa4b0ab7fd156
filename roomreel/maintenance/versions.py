"""The buckets in which what is deleted stays as old versions: no run can end them, a rule can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from roomreel.errors import StorageFailed
from roomreel.model.table import DELETABLE, Table
from roomreel.settings import Settings
from roomreel.storage import s3
from roomreel.storage.location import is_remote
from roomreel.storage.s3 import OldVersions


def old_versions(settings: Settings, tables: Iterable[Table] = DELETABLE) -> list[OldVersions]:
    """Return one for each bucket that keeps rows or media that are deleted of some tables.

    A bucket that cannot be asked is left out: what is deleted is deleted.
    """
    found: dict[str, OldVersions] = {}
    for folder in _folders(settings, tables):
        try:
            kept = s3.old_versions(folder)
        except StorageFailed:
            continue
        if kept is not None:
            found.setdefault(str(kept), kept)
    return list(found.values())


def _folders(settings: Settings, tables: Iterable[Table]) -> Iterator[str]:
    media = {
        Table.COMPOSITIONS: [str(settings.compositions_root)],
        Table.RECORDINGS: settings.media_roots,
    }
    rows = [str(settings.catalog_root), str(settings.journal_root)]
    yield from filter(is_remote, [*(root for table in tables for root in media[table]), *rows])
