"""Deliveries of LiveKit: files of egresses, and what documents say of them.

Offsets are Unix ms: a file's container time 0 is when its first packet came. What a manifest says
of the start is when the request was taken, seconds before that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import Draft, DraftParticipant, DraftTrack, Piece
from roomreel.importers.delivery.beside import Beside
from roomreel.importers.delivery.cut_json import parse_cut_json
from roomreel.importers.delivery.documents import documents_with
from roomreel.importers.finding import Code, Finding
from roomreel.importers.port import API, Listing, Match, Options
from roomreel.importers.vendors.egress import Egress, Output
from roomreel.importers.vendors.egress_tracks import (
    EVERYONE,
    MIXED,
    Wanted,
    has_failed,
    piece_of,
    wanted_of,
)
from roomreel.importers.vendors.told import Told
from roomreel.model.time import EPOCH
from roomreel.text import counted

_MARKS = (b'"egress_id"', b'"egressId"', b'"egressInfo"', b'"track_published"')
_MCAP = b"\x89MCAP0\r\n"


class LiveKit:
    """The reader of files of egresses."""

    name = "livekit"
    title = "LiveKit egress"
    api = API

    def detect(self, files: Listing) -> Match:
        """Return how surely these are files of egresses, by the documents beside them."""
        told, _ = _told(files, heads_only=True)
        outputs = [(egress, one) for egress in told.egresses.values() for one in egress.outputs()]
        found = _Files(files)
        present = sum(found.name_of(egress, one) is not None for egress, one in outputs)
        if not told.egresses:
            return Match(0, "no JSON of it is of an egress")
        total = counted(len(outputs), "file")
        why = f"documents of {len(told.egresses)} egresses list {present} of {total}"
        return Match(95 if present else 70, why)

    def read(self, files: Listing, _: Options) -> Iterator[Draft]:
        """Yield a room for each session of a room.

        Raises:
            DeliveryInvalid: no document is of an egress, or none can be read.
        """
        told, unread = _told(files)
        if not told.egresses:
            problems = "; ".join(one.text for one in unread)
            raise DeliveryInvalid(problems or "no JSON of it is of an egress")
        found = _Files(files)
        rooms: dict[str, list[Egress]] = {}
        for egress in sorted(told.egresses.values(), key=lambda one: one.id):
            rooms.setdefault(_room(egress, told), []).append(egress)
        for key, egresses in sorted(rooms.items()):
            draft = _draft(key, egresses, told, found)
            yield replace(draft, findings=(*draft.findings, *unread))
            unread = []


class _Files:
    """The files of a delivery that outputs are."""

    def __init__(self, files: Listing) -> None:
        self._beside = Beside(files)
        self._files = files

    def name_of(self, egress: Egress, output: Output) -> str | None:
        """Return the name of an output in the listing; None: it is not there."""
        named = (self._beside.find(one, *output.names) for one in sorted(egress.documents))
        return next(filter(None, named), None)

    def is_mcap(self, name: str) -> bool:
        """Return whether a file is a log of messages, which no player opens."""
        return self._files.head(name, len(_MCAP)) == _MCAP


def _told(files: Listing, *, heads_only: bool = False) -> tuple[Told, list[Finding]]:
    """Return what documents say, and a finding for each that cannot be read whole."""
    told, unread = Told(), list[Finding]()
    for name, head in documents_with(files, *_MARKS):
        try:
            document, is_cut = parse_cut_json(head if heads_only else files.text(name), name)
        except DeliveryInvalid as error:
            unread.append(Finding(Code.LOG_PARTIAL, name, f"{error}; it is left out"))
            continue
        told.take(document)
        if is_cut:
            text = f"{name} ends too early; what is complete of it is used"
            unread.append(Finding(Code.LOG_PARTIAL, name, text))
    return told, unread


def _room(egress: Egress, told: Told) -> str:
    """Return the id of the session; where it is not said, that of another egress of the room."""
    known, name = egress.get("roomId", "room_id").text, egress.get("roomName", "room_name").text
    if known is not None or name is None:
        return known or egress.id
    others = [
        one for one in told.egresses.values() if one.get("roomName", "room_name").text == name
    ]
    ids = {other for one in others if (other := one.get("roomId", "room_id").text)}
    return ids.pop() if len(ids) == 1 else name


def _draft(key: str, egresses: Sequence[Egress], told: Told, found: _Files) -> Draft:
    findings: list[Finding] = []
    tracks: dict[tuple[str, str, str], tuple[Wanted, list[Piece]]] = {}
    for egress in egresses:
        for piece, called in _pieces(egress, found, findings):
            wanted = wanted_of(egress, told, called)
            findings += _composed(egress, wanted, piece)
            for one in wanted:
                tracks.setdefault(one.of, (one, []))[1].append(piece)
    names = (one.get("roomName", "room_name").text for one in egresses)
    documents = set[str]().union(*(one.documents for one in egresses))
    return Draft(
        id=key,
        name=next(filter(None, names), None),
        participants=tuple(_person(one, told) for one in sorted({of[0] for of in tracks})),
        tracks=tuple(_track(*tracks[of]) for of in sorted(tracks)),
        zero=EPOCH,
        documents=tuple(sorted(documents)),
        findings=tuple(findings),
    )


def _track(wanted: Wanted, pieces: Sequence[Piece]) -> DraftTrack:
    key, name, kind = wanted.key, wanted.name, wanted.kind
    return DraftTrack(wanted.participant, key, name, kind, tuple(pieces), wanted.optional)


def _person(key: str, told: Told) -> DraftParticipant:
    name, attributes = told.names.get(key), told.attributes.get(key, {})
    kind = MIXED if key == EVERYONE else "webrtc"
    return DraftParticipant(key, name or key, name, kind=kind, attributes=attributes)


def _pieces(egress: Egress, found: _Files, findings: list[Finding]) -> Iterator[tuple[Piece, str]]:
    """Yield each piece of an egress, and what its file is called."""
    outputs = egress.outputs()
    for output in outputs:
        file = found.name_of(egress, output)
        if file is not None and found.is_mcap(file):
            text = f"{file} is MCAP, which holds packets and no media file; export it as files"
            findings.append(Finding(Code.CODEC_UNSUPPORTED, file, text))
        else:
            yield piece_of(egress, output, file), file or "".join(output.names[:1])
    if outputs:
        return
    if egress.get("segmentResults", "segment_results", "segments", "playlists").value:
        text = f"{egress.id} has segments (HLS) alone, which are not joined; export it as a file"
        findings.append(Finding(Code.CODEC_UNSUPPORTED, egress.id, text))
    elif has_failed(egress):
        yield piece_of(egress, None, None), ""


def _composed(egress: Egress, wanted: Sequence[Wanted], piece: Piece) -> Iterator[Finding]:
    if any(one.participant == EVERYONE for one in wanted):
        text = f"{piece.file or egress.id} shows the room as a whole: it is composed already"
        yield Finding(Code.ALREADY_COMPOSED, piece.file or egress.id, text)
