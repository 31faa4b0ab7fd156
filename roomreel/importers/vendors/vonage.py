"""Deliveries of Vonage, once OpenTok: archives of individual streams.

The room clock is that of the archive: it counts from `createdAt`.
"""

from __future__ import annotations

from roomreel.importers.vendors.stream_archive import Dialect
from roomreel.importers.vendors.streams import StreamImporter

VONAGE = StreamImporter(
    title="Vonage (OpenTok) individual archives",
    dialect=Dialect(
        vendor="vonage",
        only=frozenset({"stopTimeOffset", "connectionData", "videoType"}),
        end="stopTimeOffset",
        person="connectionData",
        is_key=False,
        names=("connectionData",),
    ),
)
