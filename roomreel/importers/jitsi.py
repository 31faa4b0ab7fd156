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
from roomreel.importers.finding import Code, Finding, Severity
from roomreel.importers.jitsi_parts import Part, parts_of
from roomreel.importers.media_json import Packet, Started, events
from roomreel.importers.port import API, Listing, Match, Options
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
        return Match(0, "no file has events of the exporter's")

    def read(self, files: Listing, options: Options) -> Iterator[Draft]:
        """Yield a room for each file of events.

        Raises:
            DeliveryInvalid: there is none, or one has no track.
        """
        names = [
            name
            for name in files.sizes
            if name.endswith(".json") and _is_events(files.head(name, HEAD))
        ]
        if not names:
            raise DeliveryInvalid(f"it has no {ENDING} with events of Jitsi's exporter")
        for name in names:
            draft = _draft(files, name)
            if options.room in {None, draft.id, draft.name}:
                yield draft


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
    folder = name.rpartition("/")[0].rpartition("/")[2] or files.title
    people = dict.fromkeys(_endpoint(part.started) for part in parts)
    findings = [one for part in heard for one in _findings(name, part)]
    findings += [_unknown(name, part) for part in parts if part not in known]
    if broken:
        text = f"{counted(broken, 'line')} of {name} {'is' if broken == 1 else 'are'} no event"
        findings.append(Finding(Code.LOG_PARTIAL, name, f"{text}: their packets are missing"))
    return Draft(
        id=f"{first[0]}@{first[1]}",
        name=_meeting(folder),
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
    return started.endpoint or started.tag.rpartition("-")[0] or started.tag


def _meeting(folder: str) -> str:
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


def _findings(name: str, part: Part) -> Iterator[Finding]:
    subject, late = f"{name}#{part.started.part}", part.count - part.taken
    if part.lost:
        text = f"{counted(part.lost, 'packet')} of {subject} never came: silence takes their place"
        yield Finding(Code.PACKETS_LOST, subject, text, Severity.NOTE)
    if late:
        text = f"{counted(late, 'packet')} of {subject} came twice or too late, and are left out"
        yield Finding(Code.PACKETS_LATE, subject, text, Severity.NOTE)


def _unknown(name: str, part: Part) -> Finding:
    text = f"{part.started.encoding} is no codec that is known here: it is not heard"
    return Finding(Code.CODEC_UNSUPPORTED, f"{name}#{part.started.part}", text)
