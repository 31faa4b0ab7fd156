"""The port of importers: what the reader of a vendor's deliveries gets, and what it returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from roomreel.importers.choices import GivenOffset
from roomreel.importers.claims import Draft

API = 1
"""The version of this port; a reader of another one is not used."""

HEAD = 64 * 1024
"""Bytes of the beginning of a text, which readers look at to know whose it is."""


class Listing(Protocol):
    """The files of a delivery: of a folder, a zip or a tar, by relative name with slashes."""

    title: str
    """The name of the folder or archive, for people."""

    @property
    def sizes(self) -> Mapping[str, int]:
        """The bytes of each regular file, by name, in the order of names."""

    def head(self, name: str, count: int = 32) -> bytes:
        """Return the first bytes of a file; fewer where it is shorter."""

    def text(self, name: str) -> bytes:
        """Return a text file whole, of 64 MiB at most.

        Raises:
            DeliveryInvalid: it is larger.
        """

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a text file of any size as they are; those over 1 MiB in parts."""

    def modified(self, name: str) -> datetime:
        """Return when a file was last written, in UTC."""


@dataclass(frozen=True, slots=True)
class Match:
    """The certainty that a delivery is a vendor's, 0 to 100, and why.

    95: a document of the vendor whose files are there; 80: bytes that only the vendor writes; 60:
    names of files; 20: anything with media; 0: none.
    """

    score: int
    why: str


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of the user.

    Attributes:
        offsets: those given by hand, which name participants and tracks that no document does.
    """

    offsets: tuple[GivenOffset, ...] = ()


class Importer(Protocol):
    """The reader of a vendor's deliveries."""

    @property
    def name(self) -> str:
        """One word, as it is typed: vonage."""

    @property
    def api(self) -> int:
        """`API` of the port it is written for."""

    @property
    def title(self) -> str:
        """For people: Vonage (OpenTok) individual archives."""

    def detect(self, files: Listing) -> Match:
        """Return how surely this is the vendor's, from names, sizes and the first 64 KiB of texts.

        Opens no medium beyond its first 32 bytes, and writes nothing.
        """

    def read(self, files: Listing, options: Options, /) -> Iterator[Draft]:
        """Yield the rooms of a delivery, from its texts and headers: no FFmpeg, no network.

        Raises:
            DeliveryInvalid: it cannot be read, or holds nothing of the vendor's.
        """
