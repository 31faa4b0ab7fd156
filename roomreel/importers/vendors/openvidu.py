"""Deliveries of OpenVidu 2: recordings of individual streams, listed nearly as Vonage does.

A recorder that was never started has the negative of `createdAt` as its offsets: no time at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from roomreel.importers.claims import Draft
from roomreel.importers.port import API, Listing, Match, Options
from roomreel.importers.vendors.stream_archive import Dialect, detect
from roomreel.importers.vendors.stream_draft import read

_DIALECT = Dialect(
    vendor="openvidu",
    only=frozenset({"endTimeOffset", "connectionId", "typeOfVideo", "clientData", "serverData"}),
    end="endTimeOffset",
    person="connectionId",
    is_key=True,
    names=("clientData", "serverData"),
)


class OpenVidu:
    """The reader of recordings of individual streams."""

    name = "openvidu"
    title = "OpenVidu 2 individual recordings"
    api = API

    def detect(self, files: Listing) -> Match:
        """Return how surely these are such recordings, by their documents."""
        return detect(files, _DIALECT)

    def read(self, files: Listing, _: Options) -> Iterator[Draft]:
        """Yield a room for each recording.

        Raises:
            DeliveryInvalid: no document is of a recording, or none can be read.
        """
        return read(files, _DIALECT)
