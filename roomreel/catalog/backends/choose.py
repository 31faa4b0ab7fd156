"""Which side of the port two places need."""

from __future__ import annotations

from pathlib import Path

from roomreel.catalog.backends.local import LocalBackend
from roomreel.catalog.backends.port import Backend
from roomreel.errors import SettingsInvalid
from roomreel.model.location import Location, ObjectLocation


def choose_backend(catalog_root: Location, journal_root: Location) -> Backend:
    """Return the side of the port for two places, both on this machine or both in S3.

    Raises:
        SettingsInvalid: one is in S3 and the other is not: then nothing would keep writers on
            other machines apart.
    """
    if isinstance(catalog_root, ObjectLocation) and isinstance(journal_root, ObjectLocation):
        # Clients of S3 are slow to import, and only this needs them.
        from roomreel.catalog.backends.s3 import S3Backend

        return S3Backend(catalog_root, journal_root)
    if isinstance(catalog_root, Path) and isinstance(journal_root, Path):
        return LocalBackend(catalog_root, journal_root)
    raise SettingsInvalid(
        f"catalog {catalog_root} and journal {journal_root} are not of one kind",
        "put both into S3, or both on a disk",
    )
