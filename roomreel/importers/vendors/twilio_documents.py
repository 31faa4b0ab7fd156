"""The documents of the hosted service, joined by sid: pages, resources, callbacks, headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import parse_qsl

from roomreel.errors import DeliveryInvalid
from roomreel.importers.delivery.clean import clean_name
from roomreel.importers.delivery.node import Node, parse_json
from roomreel.importers.port import HEAD, Listing
from roomreel.importers.vendors.twilio_headers import encryption_of, headers_in
from roomreel.model.encryption import Encryption
from roomreel.model.room import RecordingStatus

TEXTS = frozenset({".json", ".jsonl", ".ndjson", ".txt", ".form"})
"""Endings of documents; callbacks are saved as they come, a form a file or a line."""

LISTS = ("rooms", "participants", "recordings")

SID = re.compile(rb"\b(?:RM|PA|RT)[0-9a-f]{32}\b")

_LISTING = re.compile(rb"\bRecordingSid\b|\"grouping_sids\"")
_SAID_SID = re.compile(rb"\bRT[0-9a-f]{32}\b")
_OURS = "roomreel."
_SIDS = (
    ("RT", "sid", "RecordingSid"),
    ("RM", "sid", "RoomSid"),
    ("PA", "sid", "ParticipantSid"),
)
_OF_EVENTS = {
    "recording-started": RecordingStatus.PROCESSING,
    "recording-completed": RecordingStatus.COMPLETED,
    "recording-failed": RecordingStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class Said:
    """All that documents say of one thing: what is newest first, resources before callbacks."""

    nodes: tuple[Node, ...] = ()

    def get(self, *names: str) -> Node:
        """Return the first value that is there by one of these names; None's node where none is."""
        found = (node.get(*names) for node in self.nodes)
        return next((one for one in found if one.value is not None), Node("", "", None))

    def sid(self, prefix: str, name: str, of_callback: str) -> str | None:
        """Return the sid of what it belongs to."""
        for node in self.nodes:
            for holder in (node, node.get("grouping_sids")):
                for one in (holder.get(name), holder.get(of_callback)):
                    if is_sid(one.text, prefix):
                        return one.text
        return None

    def name(self, *names: str) -> str | None:
        """Return a name that people gave, of URLs in it no user and query; None where none is."""
        text = self.get(*names).text
        return None if text is None else clean_name(text)

    @property
    def files(self) -> set[str]:
        """The documents that say it."""
        return {node.file for node in self.nodes}


@dataclass(slots=True)
class Documents:
    """The claims of the documents of a delivery.

    Attributes:
        encryption: by sid of a recording; None where the headers beside it are broken.
        headers: the document with the headers of a recording.
        broken: documents that name something of the service and cannot be read, with the reason.
    """

    rooms: dict[str, Said] = field(default_factory=dict)
    participants: dict[str, Said] = field(default_factory=dict)
    recordings: dict[str, Said] = field(default_factory=dict)
    encryption: dict[str, Encryption | None] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)


def is_sid(text: str | None, prefix: str) -> bool:
    """Return whether a text is a sid of a kind."""
    return text is not None and re.fullmatch(f"{prefix}[0-9a-f]{{32}}", text) is not None


def sid_in(name: str, prefix: str) -> str | None:
    """Return the sid that a file's name begins with."""
    found = re.match(f"{prefix}[0-9a-f]{{32}}(?![0-9a-zA-Z])", name)
    return found and found[0]


def is_document(name: str) -> bool:
    """Return whether a file is a text, by its name, and not about a part that is fetched still."""
    path = PurePosixPath(name)
    return path.suffix.lower() in TEXTS and ".part" not in path.suffixes


def read_documents(files: Listing) -> Documents:
    """Return what all texts of a delivery say; those of others say nothing."""
    documents = Documents()
    found: dict[str, dict[str, list[Node]]] = {prefix: {} for prefix, *_ in _SIDS}
    for name in filter(is_document, files.sizes):
        try:
            data = files.text(name)
            nodes = list(_things(data, name))
        except DeliveryInvalid as error:
            if SID.search(files.head(name, HEAD)):
                documents.broken[name] = error.message
            continue
        for node in nodes:
            _take_headers(node, documents)
            for prefix, *keys in _SIDS:
                sid = next((one.text for key in keys if (one := node.get(key)).value), None)
                if sid is not None and is_sid(sid, prefix):
                    found[prefix].setdefault(sid, []).append(node)
    documents.recordings, documents.rooms, documents.participants = (
        {sid: Said(tuple(sorted(said, key=_rank))) for sid, said in sorted(found[prefix].items())}
        for prefix, *_ in _SIDS
    )
    return documents


def status_of(node: Node) -> RecordingStatus | None:
    """Return the status of a recording that a resource or callback states; None: none."""
    event = node.get("StatusCallbackEvent").text
    if event is not None:
        return _OF_EVENTS.get(event)
    text = (node.get("status").text or "").lower()
    return RecordingStatus(text) if text in set(RecordingStatus) else None


def _rank(node: Node) -> tuple[int, bool, str, str]:
    """Sort what is newest first: deleted, then finished, then going on, then what says neither."""
    order = (
        RecordingStatus.DELETED,
        RecordingStatus.COMPLETED,
        RecordingStatus.FAILED,
        RecordingStatus.PROCESSING,
    )
    status = status_of(node)
    place = len(order) if status is None else order.index(status)
    return place, node.get("StatusCallbackEvent").value is not None, node.file, node.pointer


def _things(data: bytes, name: str) -> Iterator[Node]:
    """Yield the objects of a document: a resource, those of a page, a callback or many."""
    if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
        yield from _objects(_whole_or_lines(data, name))
    else:
        yield from _forms(data, name)


def _whole_or_lines(data: bytes, name: str) -> Node:
    try:
        return parse_json(data, name)
    except DeliveryInvalid:
        lines = [line for line in data.splitlines() if line.strip()]
        if len(lines) < 2 or PurePosixPath(name).suffix.lower() == ".json":
            raise
        return Node(name, "", [parse_json(line, name).value for line in lines])


def _objects(node: Node) -> Iterator[Node]:
    if (node.get("schema").text or "").startswith(_OURS):
        return
    pages = [node.get(key) for key in LISTS]
    lists = [page for page in (node, *pages) if isinstance(page.value, list)]
    for one in (item for held in lists for item in held.items()):
        if isinstance(one.value, dict):
            yield one
    if isinstance(node.value, dict):
        yield node


def _forms(data: bytes, name: str) -> Iterator[Node]:
    for number, line in enumerate(data.decode("utf-8", "replace").split()):
        try:
            said = dict(parse_qsl(line, max_num_fields=100))
        except ValueError:
            continue
        if any(key in said for _, _, key in _SIDS):
            yield Node(name, f"/{number}", said)


def _take_headers(node: Node, documents: Documents) -> None:
    sid = sid_in(PurePosixPath(node.file).name, "RT")
    if sid is not None and (said := headers_in(node)) is not None:
        documents.headers[sid] = node.file
        documents.encryption[sid] = encryption_of(said)


def names_of(said: Iterable[Said]) -> set[str]:
    """Return the documents that any of these stand in."""
    return {name for one in said for name in one.files}


def recordings_listed(files: Listing, name: str) -> set[str]:
    """Return the recordings that the beginning of a document lists."""
    head = files.head(name, HEAD)
    if b"RT" not in head or not _LISTING.search(head):
        return set()
    return {sid.decode() for sid in _SAID_SID.findall(head)}
