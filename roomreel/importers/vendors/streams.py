"""The reader of archives of streams: a participant, a camera and a microphone a stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from roomreel.importers.claims import (
    Anchor,
    Clock,
    Draft,
    DraftParticipant,
    DraftTrack,
    Grade,
    Piece,
)
from roomreel.importers.delivery.names import name_in
from roomreel.importers.finding import Code, Finding, Severity
from roomreel.importers.port import API, Listing, Match, Options
from roomreel.importers.vendors.stream_archive import Archive, Dialect, Entry, archives_of, detect
from roomreel.model.room import MediaType
from roomreel.text import counted


@dataclass(frozen=True, slots=True)
class StreamImporter:
    """The reader of archives of individual streams in a dialect."""

    title: str
    dialect: Dialect
    api: int = API

    @property
    def name(self) -> str:
        """The vendor of the dialect."""
        return self.dialect.vendor

    def detect(self, files: Listing) -> Match:
        """Return how surely these are such archives, by their documents."""
        return detect(files, self.dialect)

    def read(self, files: Listing, _: Options) -> Iterator[Draft]:
        """Yield a room for each archive.

        Raises:
            DeliveryInvalid: no document lists streams, or none can be read.
        """
        archives, unread = archives_of(files, self.dialect)
        for archive in archives:
            draft = _Reader(archive, self.dialect).draft()
            yield replace(draft, findings=(*draft.findings, *unread))
            unread = []


class _Reader:
    """Makes the draft of an archive."""

    def __init__(self, archive: Archive, dialect: Dialect) -> None:
        self.archive = archive
        self.dialect = dialect
        self.document = archive.document

    def draft(self) -> Draft:
        """Return it."""
        people = self._people()
        participants = [self._participant(key, streams) for key, streams in people.items()]
        guessed = [one for one in participants if one.display_name]
        tracks = [
            track
            for key, streams in people.items()
            for stream in streams
            for track in self._tracks(key, stream)
        ]
        return Draft(
            id=self.archive.id,
            name=self.document.get("name").text or self.document.get("sessionId").text,
            participants=tuple(participants),
            tracks=tuple(tracks),
            zero=self.document.get("createdAt").since_1970(),
            documents=(self.document.file,),
            findings=(*self._cut(), *map(self._guessed, guessed)),
        )

    def _people(self) -> dict[str, list[str]]:
        """Return the streams of each participant, by a key of theirs, both in order."""
        people: dict[tuple[bool, str], list[str]] = {}
        for stream in sorted(self.archive.streams):
            people.setdefault(self._common(stream), []).append(stream)
        is_key = self.dialect.is_key
        keyed = {common[1] if is_key else streams[0]: streams for common, streams in people.items()}
        return dict(sorted(keyed.items()))

    def _common(self, stream: str) -> tuple[bool, str]:
        """Return what streams of one participant have in common, else the stream."""
        texts = (one.node.get(self.dialect.person).text for one in self.archive.streams[stream])
        text = next(filter(None, texts), None)
        return (False, stream) if text is None else (True, text)

    def _participant(self, key: str, streams: Sequence[str]) -> DraftParticipant:
        texts = (
            entry.node.get(member).text
            for member in self.dialect.names
            for stream in streams
            for entry in self.archive.streams[stream]
        )
        name = next(filter(None, map(name_in, texts)), None)
        return DraftParticipant(key, name or key, display_name=name)

    def _tracks(self, participant: str, stream: str) -> Iterator[DraftTrack]:
        entries = self.archive.streams[stream]
        seen = next(filter(None, (_text(e, "videoType", "typeOfVideo") for e in entries)), "camera")
        sound = "screen-audio" if seen == "screen" else "microphone"
        for kind, name, flag in (
            (MediaType.VIDEO, seen, "hasVideo"),
            (MediaType.AUDIO, sound, "hasAudio"),
        ):
            said = [entry.node.get(flag).flag for entry in entries]
            having = [entry for entry, has in zip(entries, said, strict=True) if has is not False]
            if having:
                pieces = tuple(self._piece(entry) for entry in having)
                optional = not all(said)
                yield DraftTrack(participant, stream, name, kind, pieces, optional=optional)

    def _piece(self, entry: Entry) -> Piece:
        start = entry.node.get("startTimeOffset").claim()
        rule = f"{self.dialect.vendor}/startTimeOffset"
        return Piece(
            file=entry.file,
            clock=None if start is None else Clock(start, Anchor.ZERO, Grade.GOOD, rule),
            end=entry.node.get(self.dialect.end).claim(),
            size=entry.node.get("size").claim(),
        )

    def _cut(self) -> Iterator[Finding]:
        if self.archive.is_cut:
            count = counted(len(self.archive.entries), "file")
            text = f"{self.document.file} ends too early: {count} of it can be read; get it again"
            yield Finding(Code.LOG_PARTIAL, self.document.file, text)

    def _guessed(self, person: DraftParticipant) -> Finding:
        members = " or ".join(self.dialect.names)
        text = (
            f"{person.identity!r} is called so by {members}, which applications fill as they like"
        )
        return Finding(Code.NAME_GUESSED, person.key, text, Severity.NOTE)


def _text(entry: Entry, *members: str) -> str | None:
    text = entry.node.get(*members).text
    return text and text.lower()
