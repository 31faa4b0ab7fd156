"""The marker of the catalogs: of which version all their files are. Pure.

    <catalog root>/catalog.json

It is written when every file has been looked at, and last of all. So a process that opens the
catalogs looks at one object, not at every file of an archive, and a kill before it only has the
next run look once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from roomreel.catalog.schema.tables import VERSION, refuse_newer
from roomreel.model.table import Partition, Table

MARKER = "catalog.json"
SCHEMA = "roomreel.catalog/1"


@dataclass(frozen=True, slots=True)
class Marker:
    """A summary of the versions of the files.

    Attributes:
        version: of all of them but `left`; 0: nothing is known of any.
        left: partitions that could not be written again, such as a damaged one.
    """

    version: int = 0
    left: tuple[Partition, ...] = ()

    @property
    def is_of_today(self) -> bool:
        """Return whether no file needs to be looked at."""
        return self.version == int(VERSION) and not self.left

    def refuse_newer(self) -> None:
        """Refuse to write files of an older version among newer ones.

        Raises:
            CatalogError: a newer engine than this one has written the files.
        """
        refuse_newer(self.version, "the store")


def marker_of_today(left: Iterable[Partition]) -> Marker:
    """Return the marker when all files but some are of the version of this engine."""
    return Marker(int(VERSION), tuple(sorted(left)))


def encode(marker: Marker) -> bytes:
    """Return the bytes of a marker."""
    left = [[partition.table.value, partition.day.isoformat()] for partition in marker.left]
    return json.dumps({"schema": SCHEMA, "version": marker.version, "left": left}).encode()


def decode(data: bytes | None) -> Marker:
    """Return the marker in some bytes; one that knows nothing of none, or of damaged ones."""
    try:
        document = json.loads(data or b"")
        if document["schema"] != SCHEMA:
            return Marker()
        left = [Partition(Table(table), date.fromisoformat(day)) for table, day in document["left"]]
        return Marker(int(document["version"]), tuple(left))
    except (ValueError, TypeError, KeyError):
        return Marker()
