"""Deliveries of Jitsi's multitrack recorder: sound as packets in JSON, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

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
    Recipe,
)
from roomreel.importers.delivery.media_json import Packet, Started, events
from roomreel.importers.finding import Code, Finding
from roomreel.importers.port import API, Listing, Match, Options
from roomreel.importers.vendors.jitsi_mka import FILE, draft_of_mka, endpoint_of, tracks_in
from roomreel.importers.vendors.jitsi_parts import Part, losses, parts_of, unknown_codec
from roomreel.model.opus import RATE
from roomreel.model.room import MediaType
from roomreel.text import counted

HEAD = 4096
ENDING = "recording.json"


class Jitsi:
    """The reader of multitrack recordings."""

    name = "jitsi"
    title = "Jitsi multitrack recorder"
    api = API

    def detect(self, files: Listing) -> Match:
        """Return how surely this is a multitrack recording, by its first events."""
        for name in files.sizes:
            if name.endswith(".json") and _is_events(files.head(name, HEAD)):
                return Match(95, f"{name} begins with a track of the exporter's, and its packets")
            if tracks_in(files, name):
                return Match(80, f"{name} has a track of sound for each voice")
        return Match(0, "no file has events of the exporter's")

    def read(self, files: Listing, _: Options) -> Iterator[Draft]:
        """Yield a room for each folder: of its file of events, or else of the Matroska file.

        Raises:
            DeliveryInvalid: there is none, or one has no track.
        """
        texts = [name for name in files.sizes if name.endswith(".json")]
        names = [name for name in texts if _is_events(files.head(name, HEAD))]
        folders = {name.rpartition("/")[0] for name in names}
        others = {
            name: tracks
            for name in files.sizes
            if name.rpartition("/")[0] not in folders and (tracks := tracks_in(files, name))
        }
        if not names and not others:
            raise DeliveryInvalid(f"it has no {ENDING} or {FILE} of Jitsi's recorder")
        for name in names:
            yield _draft(files, name)
        for name, some in others.items():
            yield draft_of_mka(name, some, _meeting(files, name))


def _is_events(head: bytes) -> bool:
    first = next(events(head.splitlines()), None)
    return isinstance(first, Started) and b'"mediaFormat"' in head


def _draft(files: Listing, name: str) -> Draft:
    parts, broken = parts_of(files.lines(name))
    known = [part for part in parts if part.started.encoding == "opus"]
    heard = [part for part in known if part.first is not None]
    if not parts:
        raise DeliveryInvalid(f"{name} has no track")
    first = parts[0].started.tag, min((p.first.timestamp for p in heard if p.first), default=0)
    tracks = dict[str, list[Part]]()
    for part in heard:
        tracks.setdefault(part.started.tag, []).append(part)
    people = dict.fromkeys(_endpoint(part.started) for part in parts)
    findings = [one for part in heard for one in losses(name, part)]
    findings += [unknown_codec(name, part) for part in parts if part not in known]
    if broken:
        text = f"{counted(broken, 'line')} of {name} {'is' if broken == 1 else 'are'} no event"
        findings.append(Finding(Code.LOG_PARTIAL, name, f"{text}: their packets are missing"))
    return Draft(
        id=f"{first[0]}@{first[1]}",
        name=_meeting(files, name),
        participants=tuple(DraftParticipant(key, key) for key in people),
        tracks=tuple(
            DraftTrack(
                _endpoint(some[0].started),
                tag,
                "microphone",
                MediaType.AUDIO,
                tuple(_piece(name, part) for part in some),
            )
            for tag, some in tracks.items()
        ),
        documents=(name,),
        findings=tuple(findings),
    )


def _endpoint(started: Started) -> str:
    return started.endpoint or endpoint_of(started.tag)


def _meeting(files: Listing, name: str) -> str:
    """Return the name of the folder of a file, which is the meeting's."""
    folder = name.rpartition("/")[0].rpartition("/")[2] or files.title
    for ending in (".zip", ".tar.gz", ".tgz", ".tar"):
        folder = folder.removesuffix(ending)
    return folder


def _claim(name: str, packet: Packet, samples: int = 0) -> Claim:
    ms = Fraction((packet.timestamp + samples) * 1000, RATE)
    return Claim(ms, f"{name}#/{packet.line}/media/timestamp")


def _piece(name: str, part: Part) -> Piece:
    start = _claim(name, part.first) if part.first else None
    clock = Clock(start, Anchor.FIRST, Grade.GOOD, "jitsi/timestamp") if start else None
    return Piece(
        name,
        clock,
        codec="opus",
        recipe=Recipe.OPUS_JSON,
        part=part.started.part,
        pauses=tuple((_claim(name, a, a.samples), _claim(name, b)) for a, b in part.pauses),
        attributes={"packets": part.taken, "lost": part.lost},
    )
