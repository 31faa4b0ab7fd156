"""Findings about recordings: claims held against evidence, and what is odd about files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from roomreel.importers.claims import Grade
from roomreel.importers.finding import Code, Finding, Severity
from roomreel.importers.settling.clock import Placed
from roomreel.importers.settling.evidence import Evidence, State
from roomreel.importers.settling.parts import Part
from roomreel.importers.settling.plausibility import TOLERANCE_MS, Believed, Second, suspects
from roomreel.model.room import RecordingStatus
from roomreel.model.time import EPOCH, seconds_since_1970
from roomreel.text import counted, listed

FIX_OF_CLOCKS = "--offset TRACK=MS, or --offsets with a file, sets starts right"

DATE_RESOLUTION_MS = 1000
"""How finely dates of recordings are taken, whatever they say."""

ABANDONED = timedelta(hours=24)
"""A file that is still to be written, and was not for so long, never will be."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of a recording.

    Attributes:
        status: as its manifest is to have it.
    """

    part: Part
    claims: Believed
    found: Evidence
    place: Placed
    status: RecordingStatus

    @property
    def sid(self) -> str:
        """The sid of the recording."""
        return self.part.sid

    @property
    def found_end(self) -> Fraction | None:
        """The end of its last packet in ms on the room clock; None where it is not measured."""
        return None if self.found.end is None else self.place.offset + self.found.end

    @property
    def claimed_end(self) -> Fraction | None:
        """The end that is claimed and believed, likewise."""
        return None if self.claims.end is None else Fraction(self.claims.end.value)

    @property
    def first_packet(self) -> Fraction:
        """Its first packet in ms on the room clock; where not measured, its container's start."""
        return self.place.offset + (self.found.first or Fraction(0))


@dataclass(frozen=True, slots=True)
class Noted:
    """A finding, and in a few characters what stands about it in the row of its recordings."""

    finding: Finding
    short: str
    sids: tuple[str, ...]


def status_of(part: Part, found: Evidence, now: datetime) -> RecordingStatus:
    """Return the status of a recording: by what the vendor says, and what is written just now."""
    said = part.piece.status
    if said not in (RecordingStatus.COMPLETED, RecordingStatus.PROCESSING):
        return said
    if found.growing:
        return RecordingStatus.PROCESSING
    if said is RecordingStatus.PROCESSING and found.modified_s is not None:
        untouched = now - EPOCH - timedelta(seconds=found.modified_s)
        return RecordingStatus.FAILED if untouched > ABANDONED else said
    return said


def compared(cases: Sequence[Case]) -> Iterator[Noted]:
    """Yield what is to be said about recordings."""
    for case in cases:
        yield from _of_file(case)
        yield from _of_end(case)
        yield from _of_slice(case)
        yield from _of_pauses(case)
    yield from _of_nonsense(cases)
    yield from _of_suspects(cases)
    yield from _of_grades(cases)


def _note(
    code: Code,
    cases: Iterable[Case],
    text: str,
    short: str = "",
    severity: Severity = Severity.WARNING,
) -> Noted:
    sids = tuple(case.sid for case in cases)
    subject = sids[0] if len(sids) == 1 else ""
    return Noted(Finding(code, subject, text, severity), f"{code} {short}".strip(), sids)


_STATES: Mapping[State, tuple[Code, Severity]] = {
    State.MISSING: (Code.MEDIA_MISSING, Severity.WARNING),
    State.EMPTY: (Code.MEDIA_EMPTY, Severity.WARNING),
    State.LACKING: (Code.MEDIA_EMPTY, Severity.WARNING),
    State.UNREADABLE: (Code.MEDIA_UNDECODABLE, Severity.WARNING),
    State.ENCRYPTED: (Code.MEDIA_ENCRYPTED, Severity.NOTE),
}


def _of_file(case: Case) -> Iterator[Noted]:
    name = case.part.piece.file or case.part.label
    if case.status is RecordingStatus.PROCESSING:
        text = f"{name} is still being written: it is left for a later import"
        yield _note(Code.MEDIA_UNFINISHED, [case], text)
    elif case.part.piece.status is RecordingStatus.PROCESSING:
        text = f"{name} was never finished: nothing has been written to it for a day"
        yield _note(Code.MEDIA_UNFINISHED, [case], text)
    elif case.found.truncated:
        text = f"{name} ends in the middle of an element; all before it is used"
        yield _note(Code.MEDIA_UNFINISHED, [case], text)
    if case.found.state in _STATES and case.status is not RecordingStatus.DELETED:
        code, severity = _STATES[case.found.state]
        yield _note(code, [case], f"{name}: {case.found.problem}", severity=severity)


def _of_end(case: Case) -> Iterator[Noted]:
    claim, found = case.claims.end, case.found_end
    if claim is None or found is None:
        return
    away = abs(claim.value - found)
    if away > TOLERANCE_MS:
        text = (
            f"{claim.at} claims that {case.part.label} ends at {_ms(claim.value)} ms on the room"
            f" clock, its last packet at {_ms(found)}; the packets count"
        )
        start = case.claims.start
        finely = claim.resolution_ms + (start.resolution_ms if start else 0)
        severity = Severity.NOTE if away <= finely else Severity.WARNING
        yield _note(Code.CLAIM_DIFFERS, [case], text, _ms(away), severity)


def _of_slice(case: Case) -> Iterator[Noted]:
    overlap = case.place.overlap
    if round(overlap):
        text = (
            f"{case.part.piece.file or case.part.label} begins {_ms(overlap)} ms before the slice"
            " before it ends; of these the earlier one is used"
        )
        yield _note(Code.OVERLAP_DROPPED, [case], text, _ms(overlap), Severity.NOTE)


def _of_pauses(case: Case) -> Iterator[Noted]:
    pauses = case.part.piece.pauses
    if pauses:
        spans = ", ".join(f"{_ms(begin.value)}-{_ms(end.value)}" for begin, end in pauses[:10])
        more = f" and {len(pauses) - 10} more" if len(pauses) > 10 else ""
        text = f"{case.part.label} is said to pause at {spans}{more} ms; packets show whether"
        yield _note(Code.PAUSE_CLAIMED, [case], text, counted(len(pauses), "pause"), Severity.NOTE)


def _of_nonsense(cases: Sequence[Case]) -> Iterator[Noted]:
    """Yield one for each file: sound and pictures of it share their claims."""
    files: dict[str, list[Case]] = {}
    for case in cases:
        if case.claims.nonsense:
            files.setdefault(case.part.piece.file or case.sid, []).append(case)
    for together in files.values():
        claims = {
            claim.at: (claim, why) for case in together for claim, why in case.claims.nonsense
        }
        text = "; ".join(f"{at}: {_ms(one.value)}, {why}" for at, (one, why) in claims.items())
        yield _note(Code.CLAIM_NONSENSE, together, f"{text}; not used")


def _of_suspects(cases: Sequence[Case]) -> Iterator[Noted]:
    known = [case for case in cases if case.found.is_usable]
    most = max((len(case.part.piece.also) for case in known), default=0)
    series = [_also(known, number) for number in range(most)] + [_dates(known)]
    by_sid = {case.sid: case for case in known}
    said: set[str] = set()
    for seconds in series:
        for sid, away in suspects(seconds).items():
            if sid in said:
                continue
            said.add(sid)
            side = "before" if away > 0 else "after"
            text = (
                f"{by_sid[sid].part.label} starts {_ms(abs(away))} ms {side} another claim of its"
                f" start, by what the others say; {FIX_OF_CLOCKS}"
            )
            yield _note(Code.CLOCK_SUSPECT, [by_sid[sid]], text, _ms(away))


def _also(cases: Sequence[Case], number: int) -> dict[str, Second]:
    return {
        case.sid: Second(case.first_packet, Fraction(claim.value), claim.resolution_ms)
        for case in cases
        for claim in case.part.piece.also[number : number + 1]
    }


def _dates(cases: Sequence[Case]) -> dict[str, Second]:
    return {
        case.sid: Second(case.first_packet, seconds_since_1970(created) * 1000, DATE_RESOLUTION_MS)
        for case in cases
        if (created := case.part.piece.date_created) is not None
    }


def _of_grades(cases: Sequence[Case]) -> Iterator[Noted]:
    """Yield one for each rule that gives a coarse clock, or none."""
    rules: dict[tuple[Grade, str], list[Case]] = {}
    for case in cases:
        if case.place.grade in _GRADES and case.found.is_usable:
            rules.setdefault((case.place.grade, case.place.rule), []).append(case)
    for (grade, rule), together in rules.items():
        code, words = _GRADES[grade]
        labels = listed(case.part.label for case in together)
        clocks = (case.part.piece.clock for case in together)
        better = sorted({one.fix for one in clocks if one is not None and one.fix})
        text = "; ".join((f"{labels}: {words} ({rule})", *better, FIX_OF_CLOCKS))
        yield _note(code, together, text)


_GRADES: Mapping[Grade, tuple[Code, str]] = {
    Grade.COARSE: (Code.CLOCK_COARSE, "starts are known to the second only"),
    Grade.GUESSED: (Code.CLOCK_GUESSED, "starts are guesses"),
}


def _ms(value: Fraction | int) -> str:
    return f"{round(value):,}"
