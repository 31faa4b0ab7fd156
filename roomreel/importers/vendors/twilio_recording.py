"""One recording of the hosted service: its file, and what documents say of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from roomreel.importers.claims import Anchor, Clock, DraftTrack, Grade, Piece
from roomreel.importers.finding import Code, Finding
from roomreel.importers.port import Listing
from roomreel.importers.vendors.twilio_documents import (
    Documents,
    Said,
    is_document,
    is_sid,
    sid_in,
    status_of,
)
from roomreel.model.room import USUAL_CONTAINERS, MediaType, RecordingStatus

RULE = "twilio/offset"

_KINDS = {f".{ending}": MediaType(kind) for kind, ending in USUAL_CONTAINERS.items()}
_MATROSKA = b"\x1a\x45\xdf\xa3"
_NO_MEDIA = frozenset({".part", ".tmp", ".instruction"})


@dataclass(frozen=True, slots=True)
class TwilioRecording:
    """A recording: its file, and what is said of it."""

    sid: str
    file: str | None
    said: Said

    @property
    def room(self) -> str | None:
        """The sid of its room, as stated or in its path; None where neither is there."""
        return self.said.sid("RM", "room_sid", "RoomSid") or room_in_path(self.file)

    @property
    def participant(self) -> str:
        """The sid of whose it is; its own where nothing says it."""
        said = self.said.sid("PA", "participant_sid", "ParticipantSid")
        return said or _in_path(self.file, "PA") or self.sid

    @property
    def source(self) -> str | None:
        """The sid of the published track; None where nothing says it."""
        return self.said.sid("MT", "source_sid", "SourceSid")

    @property
    def kind(self) -> MediaType | None:
        """The kind that is stated, else that of the file's ending; None where neither says one."""
        said = (self.said.get("type", "Type").text or "").lower()
        if said in set(MediaType):
            return MediaType(said)
        endings = PurePosixPath(self.file or "").suffixes
        return next((_KINDS[one] for one in endings if one in _KINDS), None)

    @property
    def status(self) -> RecordingStatus:
        """The last status that is stated; of what is there, completed, unless it failed."""
        found = (status_of(node) for node in self.said.nodes)
        status = next((one for one in found if one is not None), RecordingStatus.COMPLETED)
        is_there = self.file is not None and status is not RecordingStatus.FAILED
        return RecordingStatus.COMPLETED if is_there else status


def recording_of(name: str) -> str | None:
    """Return the sid of the recording that a file is, by its name; None: it is none."""
    path = PurePosixPath(name)
    is_other = is_document(name) or not _NO_MEDIA.isdisjoint(path.suffixes)
    return None if is_other else sid_in(path.name, "RT")


def tracks_of(recordings: Sequence[TwilioRecording], documents: Documents) -> Iterator[DraftTrack]:
    """Yield the tracks; recordings of one published track are its pieces."""
    tracks: dict[tuple[str, str, MediaType], list[TwilioRecording]] = {}
    for one in recordings:
        if (kind := one.kind) is not None:
            tracks.setdefault((one.participant, one.source or one.sid, kind), []).append(one)
    for (participant, key, kind), pieces in tracks.items():
        names = (one.said.name("track_name", "TrackName") for one in pieces)
        yield DraftTrack(
            participant=participant,
            key=key,
            name=next(filter(None, names), key),
            kind=kind,
            pieces=tuple(_piece(one, documents) for one in pieces),
            source_sid=pieces[0].source,
        )


def _piece(one: TwilioRecording, documents: Documents) -> Piece:
    start = one.said.get("offset", "OffsetFromTwilioVideoEpoch").claim()
    size = one.said.get("size", "Size").claim()
    codec = one.said.name("codec", "Codec")
    return Piece(
        file=one.file,
        clock=None if start is None else Clock(start, Anchor.ZERO, Grade.EXACT, RULE),
        # It is 0 until the recording is complete.
        size=size if size is not None and size.value > 0 else None,
        codec=codec and codec.lower(),
        status=one.status,
        sid=one.sid,
        date_created=one.said.get("date_created").instant,
        encryption=documents.encryption.get(one.sid),
    )


def findings_of(files: Listing, one: TwilioRecording, documents: Documents) -> Iterator[Finding]:
    """Yield what is to be said about the file of a recording."""
    name = one.file or one.sid
    if one.kind is None:
        text = f"{name} is left out: nothing says whether it is sound or pictures"
        yield Finding(Code.MEDIA_UNREFERENCED, one.sid, text)
    if one.sid in documents.encryption and documents.encryption[one.sid] is None:
        text = f"{documents.headers[one.sid]} has no key and IV of {name} that can be right"
        yield Finding(Code.MEDIA_ENCRYPTED, one.sid, text)
    elif one.sid not in documents.encryption and _is_opaque(files, one.file):
        text = (
            f"{name} is no Matroska file, so it may be encrypted: save the x-amz-meta-* headers"
            f" with which it is stored as {PurePosixPath(name).name}.json beside it"
        )
        yield Finding(Code.MEDIA_ENCRYPTED, one.sid, text)


def _is_opaque(files: Listing, name: str | None) -> bool:
    return name is not None and files.sizes[name] > 0 and files.head(name, 4) != _MATROSKA


def room_in_path(name: str | None) -> str | None:
    """Return the room in whose folder a file lies, by the folder's name."""
    return _in_path(name, "RM")


def _in_path(name: str | None, prefix: str) -> str | None:
    parts = PurePosixPath(name or "").parts[:-1]
    return next((part for part in reversed(parts) if is_sid(part, prefix)), None)
