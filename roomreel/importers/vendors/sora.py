"""Deliveries of Sora: a file for each connection, whole or in slices, with a document beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from roomreel.errors import DeliveryInvalid
from roomreel.importers.claims import (
    Anchor,
    Claim,
    Clock,
    Draft,
    DraftParticipant,
    DraftTrack,
    Grade,
    Piece,
)
from roomreel.importers.finding import Finding
from roomreel.importers.port import API, Listing, Match, Options
from roomreel.importers.vendors.sora_documents import (
    Archive,
    Report,
    documents_of,
    missing,
    without_doubles,
)
from roomreel.model.room import MediaType
from roomreel.model.time import EPOCH

LEASH_MS, STAMPED_LEASH_MS = 1000, 100
"""How far a slice may begin beside its claim: whole seconds, or the stamps of newer versions."""

TRACKS = ((MediaType.AUDIO, "microphone"), (MediaType.VIDEO, "camera"))


class Sora:
    """The reader of archives."""

    name = "sora"
    title = "Sora archives"
    api = API

    def detect(self, files: Listing) -> Match:
        """Return how surely these are archives, by their documents."""
        reports, archives, _ = documents_of(files)
        there = [one.name for one in archives if one.medium]
        if there:
            return Match(95, f"{there[0]} is of an archive whose media file is there")
        if reports or archives:
            return Match(60, "documents of archives are there, and no media file of theirs")
        return Match(0, "no document of an archive is there")

    def read(self, files: Listing, _: Options) -> Iterator[Draft]:
        """Yield a room for each recording.

        Raises:
            DeliveryInvalid: there is no document of an archive.
        """
        reports, archives, broken = documents_of(files)
        if not reports and not archives:
            raise DeliveryInvalid("it has no report and no document of an archive of Sora's")
        for report, some in _rooms(reports, archives):
            yield _draft(report, some, broken)


def _rooms(
    reports: Sequence[Report], archives: Sequence[Archive]
) -> Iterator[tuple[Report | None, list[Archive]]]:
    """Yield each recording with its archives; those in no report by recording, or by folder."""
    left = list(archives)
    for report in reports:
        mine = [one for one in left if one.connection in report.connections]
        left = [one for one in left if one.connection not in report.connections]
        yield report, mine
    rooms = dict[str, list[Archive]]()
    for one in left:
        key = one.document.get("recording_id").text or one.name.rpartition("/")[0]
        rooms.setdefault(key, []).append(one)
    for some in rooms.values():
        yield None, some


def _draft(report: Report | None, archives: Sequence[Archive], broken: Sequence[Finding]) -> Draft:
    ordered = sorted(archives, key=lambda one: (one.start.value if one.start else 0, one.name))
    documents = ([report.document] if report else []) + [one.document for one in ordered]
    said = [text for one in documents if (text := one.get("recording_id").text)]
    channel = [text for one in documents if (text := one.get("channel_id").text)]
    used = without_doubles(ordered)
    stamped = bool(used) and all(one.stamp for one in used)
    created = report.created if report else None
    people, connections = dict[str, str](), dict[str, list[Archive]]()
    for one in used:
        people[_person(one)] = one.document.get("client_id").text or _person(one)
        connections.setdefault(one.connection, []).append(one)
    return Draft(
        id=next(iter(said), None) or (ordered[0].connection if ordered else documents[0].file),
        name=next(iter(channel), None),
        participants=tuple(DraftParticipant(key, name) for key, name in people.items()),
        tracks=tuple(
            track for some in connections.values() for track in _tracks(some, stamped=stamped)
        ),
        zero=EPOCH if stamped else created,
        date_created=created if stamped else None,
        documents=tuple(dict.fromkeys(one.file for one in documents)),
        findings=(*broken, *(missing(report, archives) if report else ())),
    )


def _person(archive: Archive) -> str:
    return archive.document.get("bundle_id").text or archive.connection


def _tracks(slices: Sequence[Archive], *, stamped: bool) -> Iterator[DraftTrack]:
    first = slices[0]
    for kind, name in TRACKS:
        said = [one.has(kind.value) for one in slices]
        pieces = tuple(
            _piece(one, kind, stamped=stamped)
            for one, has in zip(slices, said, strict=True)
            if has is not False
        )
        if pieces:
            leash = STAMPED_LEASH_MS if stamped else LEASH_MS
            key, optional = first.connection, None in said
            yield DraftTrack(_person(first), key, name, kind, pieces, optional, leash)


def _piece(archive: Archive, kind: MediaType, *, stamped: bool) -> Piece:
    about = archive.document.get(kind.value).get("codec_type").text
    stamp, start, end = archive.stamp, archive.start, archive.end
    also: tuple[Claim, ...] = ()
    clock = None
    if stamped and stamp is not None:
        clock = Clock(stamp, Anchor.ZERO, Grade.GOOD, "sora/start_timestamp")
        end, also = archive.end_stamp, (start,) if start else ()
    elif start is not None:
        clock = Clock(start, Anchor.ZERO, Grade.COARSE, "sora/start_time_offset")
    return Piece(archive.medium, clock, end, also, codec=about and about.lower())
