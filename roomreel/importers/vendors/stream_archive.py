"""Archives of streams: a document lists a file of sound and pictures for each stream.

OpenTok made the form and OpenVidu 2 took it over, with members of its own: what is called otherwise
is a `Dialect`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath

from roomreel.errors import DeliveryInvalid
from roomreel.importers.delivery.beside import Beside
from roomreel.importers.delivery.cut_json import parse_cut_json
from roomreel.importers.delivery.documents import documents_with
from roomreel.importers.delivery.node import Node
from roomreel.importers.finding import Code, Finding
from roomreel.importers.port import Listing, Match
from roomreel.text import counted

ENDINGS = (".webm", ".mkv", ".mp4")
"""Of the file of a stream, which is named by it where nothing is said."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The words of a service.

    Attributes:
        vendor: begins the names of rules.
        only: members of a file that other dialects have none of.
        end: the member that says when a file ends.
        person: the member that files of one participant have in common.
        is_key: whether that is a key; else it is a free text, which may be secret.
        names: free texts that a name may be in.
    """

    vendor: str
    only: frozenset[str]
    end: str
    person: str
    is_key: bool
    names: tuple[str, ...]

    def is_ours(self, document: Node) -> bool:
        """Return whether a document lists streams in this dialect."""
        files = list(document.get("files").items())
        streams = [one for one in files if one.get("streamId").text]
        if any(self.only & one.value.keys() for one in streams):
            return True
        return not files and document.get("createdAt").number is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """A file by its members in a document; `file`: its name in the listing, None: not there."""

    node: Node
    file: str | None


@dataclass(frozen=True, slots=True)
class Archive:
    """A document that lists streams.

    Attributes:
        is_cut: whether it ends too early.
        streams: its files that are of a stream, by that: a stream that came again has several.
    """

    document: Node
    is_cut: bool
    streams: dict[str, list[Entry]] = field(default_factory=dict)

    @property
    def entries(self) -> list[Entry]:
        """The files of all streams."""
        return [entry for entries in self.streams.values() for entry in entries]

    @property
    def present(self) -> int:
        """The number of files that are there."""
        return sum(entry.file is not None for entry in self.entries)

    @property
    def id(self) -> str:
        """The archive's own id, else the name of its document."""
        return self.document.get("id").text or PurePosixPath(self.document.file).stem


def detect(files: Listing, dialect: Dialect) -> Match:
    """Return how surely a delivery is in a dialect."""
    archives, _ = _archives(files, dialect, heads_only=True)
    listed = [one for one in archives if one.streams]
    present, total = sum(one.present for one in listed), sum(len(one.entries) for one in listed)
    if not archives:
        return Match(0, _none(dialect))
    name = archives[0].document.file if len(archives) == 1 else counted(len(archives), "document")
    score = 95 if present else 70 if total else 40
    return Match(score, f"{name} lists {present} of {counted(total, 'file')}")


def archives_of(files: Listing, dialect: Dialect) -> tuple[list[Archive], list[Finding]]:
    """Return the archives of a delivery, each once, and a finding for each that cannot be read.

    Raises:
        DeliveryInvalid: no document lists streams, or none can be read.
    """
    archives, unread = _archives(files, dialect)
    if not archives:
        problems = "; ".join(one.text for one in unread)
        raise DeliveryInvalid(problems or _none(dialect))
    by_id: dict[str, Archive] = {}
    for archive in archives:
        other = by_id.get(archive.id)
        by_id[archive.id] = archive if other is None else max(other, archive, key=_completeness)
    return list(by_id.values()), unread


def _none(dialect: Dialect) -> str:
    return f"no JSON of it lists streams with {dialect.end}"


def _completeness(archive: Archive) -> tuple[bool, int]:
    return not archive.is_cut, archive.present


def _archives(
    files: Listing, dialect: Dialect, *, heads_only: bool = False
) -> tuple[list[Archive], list[Finding]]:
    """Return the documents in a dialect, and a finding for each that cannot be read.

    Args:
        heads_only: whether to look at the beginning of each alone.
    """
    found: list[Archive] = []
    unread: list[Finding] = []
    beside = Beside(files)
    for name, head in documents_with(files, b'"files"'):
        # To detect, parsing each document of a large folder would take longer than all else.
        if heads_only and b'"streamId"' not in head and b'"createdAt"' not in head:
            continue
        try:
            document, is_cut = parse_cut_json(head if heads_only else files.text(name), name)
        except DeliveryInvalid as error:
            unread.append(Finding(Code.LOG_PARTIAL, name, f"{error}; its room is left out"))
            continue
        if dialect.is_ours(document):
            found.append(Archive(document, is_cut, _streams(document, beside)))
    return found, unread


def _streams(document: Node, beside: Beside) -> dict[str, list[Entry]]:
    streams: dict[str, list[Entry]] = {}
    used: set[str] = set()
    for node in document.get("files").items():
        stream = node.get("streamId").text
        if stream is None:
            continue
        called = (
            node.get("filename", "name").text,
            f"{stream}.webm",
            f"{stream}.mkv",
            f"{stream}.mp4",
        )
        file = beside.find(document.file, *called)
        file = None if file in used else file
        used |= {file} if file else set()
        streams.setdefault(stream, []).append(Entry(node, file))
    return streams
