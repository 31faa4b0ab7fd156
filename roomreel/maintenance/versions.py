"""The buckets in which what is deleted stays as old versions: no run can end them, a rule can."""

from __future__ import annotations

from collections.abc import Iterable

from roomreel.errors import StorageFailed
from roomreel.model.location import Location
from roomreel.model.table import DELETABLE, Table
from roomreel.settings.places import Places
from roomreel.storage.location import location_of
from roomreel.storage.port import OldVersions
from roomreel.storage.stores import old_versions


def kept_versions(settings: Places, tables: Iterable[Table] = DELETABLE) -> list[OldVersions]:
    """Return one for each bucket that keeps rows or media that are deleted of some tables.

    A bucket that cannot be asked is left out: what is deleted is deleted.
    """
    found: dict[str, OldVersions] = {}
    for folder in _folders(settings, tables):
        try:
            kept = old_versions(folder)
        except StorageFailed:
            continue
        if kept is not None:
            found.setdefault(str(kept), kept)
    return list(found.values())


def _folders(settings: Places, tables: Iterable[Table]) -> list[Location]:
    media = {
        Table.COMPOSITIONS: [settings.compositions_root],
        Table.RECORDINGS: [location_of(root) for root in settings.media_folders],
    }
    rows = [settings.catalog_root, settings.journal_root]
    return [*(root for table in tables for root in media[table]), *rows]
