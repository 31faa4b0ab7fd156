"""Deliveries of OpenVidu 2: recordings of individual streams, listed nearly as Vonage does.

A recorder that was never started has the negative of `createdAt` as its offsets: no time at all.
"""

from __future__ import annotations

from roomreel.importers.vendors.stream_archive import Dialect
from roomreel.importers.vendors.streams import StreamImporter

OPENVIDU = StreamImporter(
    title="OpenVidu 2 individual recordings",
    dialect=Dialect(
        vendor="openvidu",
        only=frozenset(
            {"endTimeOffset", "connectionId", "typeOfVideo", "clientData", "serverData"}
        ),
        end="endTimeOffset",
        person="connectionId",
        is_key=True,
        names=("clientData", "serverData"),
    ),
)
