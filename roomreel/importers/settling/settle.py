"""Settle a draft: its claims, the evidence of its media, and what is chosen of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol

from roomreel import __version__
from roomreel.importers.choices import Choices, GivenOffset
from roomreel.importers.claims import Claim, Draft, Grade
from roomreel.importers.delivery.clean import clean_name, clean_text
from roomreel.importers.finding import Finding
from roomreel.importers.port import Listing
from roomreel.importers.settling.by_hand import given_offsets
from roomreel.importers.settling.clock import placed
from roomreel.importers.settling.compare import Case, Noted, compared, status_of
from roomreel.importers.settling.evidence import Evidence, State, evidence_of
from roomreel.importers.settling.parts import Part, parts_of, room_sid
from roomreel.importers.settling.plausibility import believed
from roomreel.importers.settling.recipes import make_media
from roomreel.importers.settling.record import inputs_of, record_of
from roomreel.importers.settling.room import room_of
from roomreel.model.room import MediaType, Room

__all__ = ["Choices", "GivenOffset", "Row", "Settled", "Vendor", "settle"]


class Vendor(Protocol):
    """The importer by which a draft came."""

    @property
    def name(self) -> str:
        """One word, as it is typed."""

    @property
    def title(self) -> str:
        """For people."""


@dataclass(frozen=True, slots=True)
class Row:
    """A recording in the table of a dry run; times in ms on the room clock.

    Attributes:
        sid: of the recording.
        participant: the identity.
        container_start: first packet, in ms of the container.
        chosen: where the start was put; `offset`: where the container's time 0 is then.
        chosen_by: claim, chain, by-hand or assumed.
        notes: codes of findings, with an amount where there is one.
    """

    sid: str
    participant: str
    track: str
    kind: MediaType
    codec: str | None
    file: str | None
    claim_start: Fraction | int | None
    container_start: Fraction | None
    chosen: int
    offset: int
    claim_end: Fraction | int | None
    found_end: Fraction | None
    chosen_by: str
    rule: str
    grade: Grade
    notes: tuple[str, ...] = ()

    @property
    def found_start(self) -> Fraction | None:
        """The first packet; None where it is not measured."""
        return None if self.container_start is None else self.offset + self.container_start


@dataclass(frozen=True, slots=True)
class Settled:
    """A room whose claims are settled.

    Attributes:
        room: its media are named by their paths on this machine.
        grade: of the worst clock of what can be used.
        record: what `roomreel.import/1` has of it.
        media: the files that its recordings are of, by their names in the delivery.
        usable: how many recordings have something to show or to hear.
        used: the offsets by hand that were meant for it.
    """

    room: Room
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    grade: Grade
    record: Mapping[str, Any]
    media: Mapping[str, Path]
    usable: int
    used: frozenset[GivenOffset] = frozenset()


def settle(  # noqa: PLR0913  what all rooms of a run share
    draft: Draft,
    media: Mapping[str, Path],
    importer: Vendor,
    choices: Choices,
    *,
    listing: Listing,
    memory_bytes: int,
    made: Path | None = None,
    now: datetime | None = None,
) -> Settled:
    """Return the room of a draft, its media looked at in a process of its own.

    Args:
        media: the files of the delivery on this machine, by their names in it.
        importer: by which it came.
        listing: of the delivery, for the digests of its documents.
        memory_bytes: most memory of the process that reads media.
        made: folder for the media that recipes make, each room's in `<sid>.media`: that of the
            manifest, so that the next run finds them, or a scratch folder. Unset: none are made.
        now: unset: the time.

    Raises:
        ArgumentsInvalid: an offset by hand means several files.
        RenderError: packets that a recipe takes are refused.
        StorageFailed: a file cannot be read.
    """
    sources = _sources(draft, media)
    if made is not None:
        folder = made.absolute() / f"{room_sid(importer.name, draft)}.media"
        draft, media = make_media(draft, media, folder)
    parts = parts_of(importer.name, draft)
    found = evidence_of(parts, media, memory_bytes)
    parts = [part for part in parts if _is_there(part, found[part.sid])]
    used = given_offsets(choices, parts, draft.participants)
    cases = _cases(importer.name, draft, parts, found, used, now or datetime.now(UTC))
    noted = list(compared(cases))
    room, guessed = room_of(importer.name, draft, cases, media, choices)
    findings = [_cleaned(one) for one in (*draft.findings, *(n.finding for n in noted), *guessed)]
    grade = _worst(cases)
    about = {
        "importer": {"name": importer.name, "title": clean_name(importer.title)},
        "version": __version__,
        "room": {"sid": room.sid, "unique_name": room.unique_name, "id": clean_text(draft.id)},
        "clock": grade.value,
    }
    files = _files(parts, found, media)
    record = record_of(about, draft, cases, findings, choices)
    record["inputs"] = inputs_of(listing, {*draft.documents} - sources.keys(), sources)
    mark = {"vendor": importer.name, "version": __version__, "clock": grade.value}
    return Settled(
        room=replace(room, attributes={**room.attributes, "import": mark}),
        rows=tuple(_row(case, noted) for case in cases),
        findings=tuple(findings),
        grade=grade,
        record=record,
        media=files,
        usable=sum(case.found.is_usable for case in cases),
        used=frozenset(used.values()),
    )


def _sources(draft: Draft, media: Mapping[str, Path]) -> dict[str, Path]:
    """Return the files that pieces are of, before recipes make others of them."""
    return {name: media[name] for name in sorted(draft.files & media.keys())}


def _is_there(part: Part, found: Evidence) -> bool:
    return not (part.track.optional and found.state is State.LACKING)


def _cases(
    vendor: str,
    draft: Draft,
    parts: Sequence[Part],
    found: Mapping[str, Evidence],
    given: Mapping[str, GivenOffset],
    now: datetime,
) -> list[Case]:
    claims = believed(draft, parts)
    places = placed(vendor, parts, claims, found, given)
    return [
        Case(
            part,
            claims[part.sid],
            found[part.sid],
            places[part.sid],
            status_of(part, found[part.sid], now),
        )
        for part in parts
    ]


def _worst(cases: Sequence[Case]) -> Grade:
    usable = [case.place.grade for case in cases if case.found.is_usable]
    return max(usable, key=attrgetter("rank"), default=Grade.GUESSED)


def _files(
    parts: Sequence[Part], found: Mapping[str, Evidence], media: Mapping[str, Path]
) -> dict[str, Path]:
    names = {part.piece.file for part in parts if found[part.sid].state is not State.MISSING}
    return {name: media[name] for name in sorted(filter(None, names))}


def _cleaned(finding: Finding) -> Finding:
    return replace(finding, subject=clean_text(finding.subject), text=clean_text(finding.text))


def _row(case: Case, noted: Sequence[Noted]) -> Row:
    part, claims = case.part, case.claims
    return Row(
        sid=case.sid,
        participant=clean_name(part.who),
        track=clean_name(part.track.name),
        kind=part.track.kind,
        codec=case.found.codec or (part.piece.codec and clean_name(part.piece.codec)),
        file=part.piece.file and clean_name(part.piece.file),
        claim_start=_value(claims.start),
        container_start=case.found.first,
        chosen=round(case.place.at),
        offset=case.place.offset,
        claim_end=_value(claims.end),
        found_end=case.found_end,
        chosen_by=case.place.chosen,
        rule=case.place.rule,
        grade=case.place.grade,
        notes=tuple(one.short for one in noted if case.sid in one.sids),
    )


def _value(claim: Claim | None) -> Fraction | int | None:
    return None if claim is None else claim.value
