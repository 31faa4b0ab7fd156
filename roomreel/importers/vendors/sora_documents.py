"""Documents of Sora: an archive of one connection, whole or a slice, and the report of them all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Claim
from roomreel.importers.delivery.documents import documents_with
from roomreel.importers.delivery.node import Node, read_json
from roomreel.importers.finding import Code, Finding
from roomreel.importers.port import Listing
from roomreel.model.time import EPOCH, seconds_since_1970
from roomreel.text import counted

SECOND_MS = 1000

_SLICE = re.compile(r"split-archive-.+_[0-9]+\.json")
_SUMMARY = re.compile(r"split-archive-end-.+\.json")
"""It has the span of all slices, and no medium of its own."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A document of one file.

    Attributes:
        connection: whose it is.
        medium: name of the file; None: it is not there.
        is_slice: whether there may be a document of the whole beside it.
    """

    document: Node
    connection: str
    medium: str | None
    is_slice: bool

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.document.file

    @property
    def stamp(self) -> Claim | None:
        """The start, in Unix ms."""
        return _unix_ms(self.document.get("start_timestamp"))

    @property
    def end_stamp(self) -> Claim | None:
        """The end, in Unix ms."""
        return _unix_ms(self.document.get("stop_timestamp"))

    @property
    def start(self) -> Claim | None:
        """The start, in ms from that of the recording."""
        return self.document.get("start_time_offset").claim(SECOND_MS, SECOND_MS)

    @property
    def end(self) -> Claim | None:
        """The end, in ms from the start of the recording."""
        return self.document.get("stop_time_offset").claim(SECOND_MS, SECOND_MS)

    def has(self, kind: str) -> bool | None:
        """Return whether the file has a kind of media; None where nothing says so."""
        value = self.document.get(kind).value
        return None if value is None else value is not False


@dataclass(frozen=True, slots=True)
class Report:
    """A recording of a channel.

    Attributes:
        connections: with the document of each, by base name, and how many slices it has; None
            where it does not say.
    """

    document: Node
    connections: dict[str, tuple[str | None, int | None]]

    @property
    def created(self) -> datetime | None:
        """The instant at which the recording was begun."""
        said = self.document.get("created_at")
        seconds = said.number
        if seconds is None or not 0 < seconds < 10**11:
            return said.instant
        return EPOCH + timedelta(seconds=float(seconds))


def documents_of(files: Listing) -> tuple[list[Report], list[Archive], list[Finding]]:
    """Return reports, archives, and what is said about documents that cannot be read."""
    reports, archives, broken = list[Report](), list[Archive](), list[Finding]()
    for name, head in documents_with(files, b'"archives"', b'"start_time_offset"'):
        if b'"connection_id"' not in head or not name.endswith(".json"):
            continue
        try:
            document = read_json(files, name)
        except DeliveryInvalid as error:
            broken.append(Finding(Code.LOG_PARTIAL, name, f"{error}: it is left out"))
            continue
        connection = document.get("connection_id").text
        if isinstance(document.get("archives").value, list):
            reports.append(Report(document, dict(_listed(document))))
        elif connection is not None and not _SUMMARY.fullmatch(base_of(name)):
            is_slice = bool(_SLICE.fullmatch(base_of(name)))
            archives.append(Archive(document, connection, _medium(files, document), is_slice))
    return reports, archives, broken


def without_doubles(archives: Sequence[Archive]) -> list[Archive]:
    """Return slices where the whole is not there, and else the whole alone."""
    sliced = {one.connection for one in archives if one.is_slice}
    sliced -= {one.connection for one in archives if not one.is_slice and one.medium}
    return [one for one in archives if one.is_slice == (one.connection in sliced)]


def missing(report: Report, archives: Sequence[Archive]) -> Iterator[Finding]:
    """Yield what the report lists, and is not there."""
    there = {base_of(one.name) for one in archives}
    for connection, (name, count) in report.connections.items():
        numbers = range(1, (count or 0) + 1)
        slices = [f"split-archive-{connection}_{number:04}.json" for number in numbers]
        lacking = [one for one in slices if one not in there]
        whole = name or f"archive-{connection}.json"
        if whole in there or (slices and not lacking):
            continue
        words = f"{counted(len(lacking), 'slice')}, from {lacking[0]} on" if lacking else whole
        text = f"the report lists {words}: it is not there"
        yield Finding(Code.MEDIA_MISSING, connection, text)


def base_of(name: str) -> str:
    """Return the name of a file without its folder."""
    return name.rsplit("/", 1)[-1]


def _listed(document: Node) -> Iterator[tuple[str, tuple[str | None, int | None]]]:
    for entry in document.get("archives").items():
        connection = entry.get("connection_id").text
        name, last = entry.get("metadata_filename", "file_path").text, entry.get("split_last_index")
        if connection is not None:
            count = last.number
            known = int(count) if count is not None and 0 < count < 10**5 else None
            yield connection, (name and base_of(name), known)


def _medium(files: Listing, document: Node) -> str | None:
    stem = document.file.removesuffix(".json")
    said = document.get("format").text or "webm"
    names = (f"{stem}.{ending}" for ending in (said, "webm", "mp4"))
    return next((name for name in names if name in files.sizes), None)


def _unix_ms(said: Node) -> Claim | None:
    instant = said.instant
    if instant is None:
        return None
    return Claim(seconds_since_1970(instant) * 1000, said.at)
