"""The choice of the side of the port that two places need."""

from __future__ import annotations

from pathlib import Path

from roomreel.catalog.backends.local import LocalBackend
from roomreel.catalog.backends.objects import ObjectBackend
from roomreel.catalog.backends.port import Backend
from roomreel.errors import SettingsInvalid
from roomreel.model.location import Location, ObjectLocation
from roomreel.storage.stores import remote_store_of


def choose_backend(catalog_root: Location, journal_root: Location) -> Backend:
    """Return the side of the port for two places, both on this machine or both in one store.

    Raises:
        SettingsInvalid: they are of two kinds: then nothing would keep writers on
            other machines apart.
    """
    if isinstance(catalog_root, ObjectLocation) and isinstance(journal_root, ObjectLocation):
        if catalog_root.scheme == journal_root.scheme:
            return ObjectBackend(catalog_root, journal_root, remote_store_of(catalog_root))
    elif isinstance(catalog_root, Path) and isinstance(journal_root, Path):
        return LocalBackend(catalog_root, journal_root)
    raise SettingsInvalid(
        f"catalog {catalog_root} and journal {journal_root} are not of one kind",
        "put both into S3, or both on a disk",
    )
