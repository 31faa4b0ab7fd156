"""Deliveries of Vonage, once OpenTok: archives of individual streams.

The room clock is that of the archive: it counts from `createdAt`.
"""

from __future__ import annotations

from collections.abc import Iterator

from roomreel.importers.claims import Draft
from roomreel.importers.port import API, Listing, Match, Options
from roomreel.importers.vendors.stream_archive import Dialect, detect
from roomreel.importers.vendors.stream_draft import read

_DIALECT = Dialect(
    vendor="vonage",
    only=frozenset({"stopTimeOffset", "connectionData", "videoType"}),
    end="stopTimeOffset",
    person="connectionData",
    is_key=False,
    names=("connectionData",),
)


class Vonage:
    """The reader of archives of individual streams."""

    name = "vonage"
    title = "Vonage (OpenTok) individual archives"
    api = API

    def detect(self, files: Listing) -> Match:
        """Return how surely these are such archives, by their documents."""
        return detect(files, _DIALECT)

    def read(self, files: Listing, _: Options) -> Iterator[Draft]:
        """Yield a room for each archive.

        Raises:
            DeliveryInvalid: no document is of an archive, or none can be read.
        """
        return read(files, _DIALECT)
