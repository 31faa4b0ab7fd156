"""The room of a draft, once its claims are settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any

from roomreel.importers.choices import Choices
from roomreel.importers.claims import Draft, DraftParticipant
from roomreel.importers.delivery.clean import clean, clean_name
from roomreel.importers.finding import Code, Finding
from roomreel.importers.settling.compare import Case
from roomreel.importers.settling.evidence import State
from roomreel.importers.settling.parts import participants_of, room_sid
from roomreel.model.room import Participant, Recording, Room, RoomStatus
from roomreel.model.time import EPOCH

LONGEST_NAME = 10_000
MOST_ROLES = 20

LATEST = datetime(9999, 12, 31, tzinfo=UTC)
"""Documents have years of four digits."""


def room_of(
    vendor: str,
    draft: Draft,
    cases: Sequence[Case],
    media: Mapping[str, Path],
    choices: Choices,
) -> tuple[Room, list[Finding]]:
    """Return the room, whose media are named by their paths here, and what is guessed of it."""
    end_time, findings = _end_time(draft, cases, choices)
    room = Room(
        sid=room_sid(vendor, draft),
        unique_name=_name(choices.name or draft.name or "", draft.id),
        status=RoomStatus.COMPLETED,
        participants=tuple(
            _participant(sid, one) for sid, one in participants_of(vendor, draft).values()
        ),
        recordings=tuple(_recording(case, media) for case in cases),
        date_created=_date_created(draft, cases),
        end_time=end_time,
        attributes=clean(draft.attributes),
        clock_zero=_since_1970(draft.zero),
    )
    return room, findings


def instant_at(zero: datetime | None, ms: Fraction | int | None) -> datetime | None:
    """Return the instant at a time of the room clock; None where it is not known, or no date."""
    if zero is None or ms is None:
        return None
    try:
        return _since_1970(zero + timedelta(microseconds=round(ms * 1000)))
    except OverflowError:
        return None


def _since_1970(moment: datetime | None) -> datetime | None:
    return moment if moment is not None and EPOCH <= moment <= LATEST else None


def _name(*names: str) -> str:
    cleaned = (clean_name(name.strip())[:LONGEST_NAME] for name in names)
    return next(filter(None, cleaned), "unknown")


def _participant(sid: str, one: DraftParticipant) -> Participant:
    roles = dict.fromkeys(clean_name(role)[:LONGEST_NAME] for role in one.roles if role)
    display_name = one.display_name and clean_name(one.display_name)[:LONGEST_NAME]
    return Participant(
        sid,
        _name(one.identity, one.key),
        one.kind,
        display_name,
        tuple(roles)[:MOST_ROLES],
        attributes=clean(one.attributes),
    )


def _recording(case: Case, media: Mapping[str, Path]) -> Recording:
    track, piece, found = case.part.track, case.part.piece, case.found
    path = None if found.state is State.MISSING else media.get(piece.file or "")
    size = case.claims.size
    return Recording(
        sid=case.sid,
        source_sid=case.part.source_sid,
        participant_sid=case.part.participant_sid,
        track_name=_name(track.name, track.key),
        type=track.kind,
        status=case.status,
        offset_ms=case.place.offset,
        container_format=_ending(piece.file),
        codec=found.codec if piece.codec is None else _name(piece.codec),
        claimed_duration_s=_duration_s(case),
        claimed_size_bytes=found.size_bytes if size is None else round(size.value),
        media=None if path is None else str(path),
        date_created=_since_1970(piece.date_created),
        encryption=piece.encryption,
        track_index=piece.track_index,
        attributes=_attributes(case),
    )


def _attributes(case: Case) -> dict[str, Any]:
    piece = case.part.piece
    files = [] if piece.file is None else [clean_name(piece.file)]
    own = {"id": clean_name(case.part.track.key), "files": files}
    return {**clean(piece.attributes), "import": own}


def _ending(file: str | None) -> str | None:
    return (file and PurePosixPath(file).suffix.lower().lstrip(".")) or None


def _duration_s(case: Case) -> int | None:
    """Return the length from the first packet on as found, or else as claimed, in seconds."""
    start, end, found = case.claims.start, case.claims.end, case.found
    if found.first is not None and found.end is not None:
        return max(round((found.end - found.first) / 1000), 0)
    if start is not None and end is not None:
        return round((end.value - start.value) / 1000)
    return None


def _date_created(draft: Draft, cases: Sequence[Case]) -> datetime | None:
    if draft.date_created is not None or draft.zero != EPOCH:
        return _since_1970(draft.date_created or draft.zero)
    starts = [case.place.at for case in cases if case.place.chosen != "assumed"]
    return instant_at(draft.zero, min(starts, default=None))


def _end_time(
    draft: Draft, cases: Sequence[Case], choices: Choices
) -> tuple[datetime | None, list[Finding]]:
    """Return when the room ended: given, claimed, found, or else guessed, with a finding."""
    for moment in _ends(draft, cases, choices):
        if (known := _since_1970(moment)) is not None:
            return known, []
    guessed, why = _guessed_end(draft, cases)
    text = f"when the room ended is not known: {why}; --end-time sets it"
    return guessed, [Finding(Code.END_TIME_GUESSED, "", text)]


def _ends(draft: Draft, cases: Sequence[Case], choices: Choices) -> Iterator[datetime | None]:
    yield choices.end_time
    yield draft.end_time
    yield _latest(draft, cases, lambda case: case.found_end)
    yield _latest(draft, cases, lambda case: case.claimed_end)


def _latest(
    draft: Draft, cases: Sequence[Case], end_of: Callable[[Case], Fraction | None]
) -> datetime | None:
    ends = [end for case in cases if (end := end_of(case)) is not None]
    return instant_at(draft.zero, max(ends, default=None))


def _guessed_end(draft: Draft, cases: Sequence[Case]) -> tuple[datetime, str]:
    written = [case.found.modified_s for case in cases if case.found.modified_s is not None]
    if written:
        # A recording is not written to after the call.
        second = min(max(int(max(written)), 0), int(LATEST.timestamp()))
        return datetime.fromtimestamp(second, UTC), "the time of its newest file is taken"
    known = _since_1970(draft.date_created or draft.zero)
    return known or EPOCH, "its beginning is taken"
