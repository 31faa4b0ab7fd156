"""Drafts and evidence in a line each, for tests of what comes after a reader."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

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
from roomreel.importers.settling.evidence import Evidence, State
from roomreel.model.room import MediaType

AUDIO, VIDEO = MediaType.AUDIO, MediaType.VIDEO


def claim(value: Fraction | int, at: str = "list.json#/start", resolution_ms: int = 1) -> Claim:
    return Claim(value, at, resolution_ms)


def clock(
    at: Fraction | int,
    anchor: Anchor = Anchor.ZERO,
    grade: Grade = Grade.GOOD,
    resolution_ms: int = 1,
) -> Clock:
    return Clock(claim(at, resolution_ms=resolution_ms), anchor, grade, "some/start")


def piece(file: str | None, at: Fraction | int | None = None, **members: Any) -> Piece:
    """A piece whose container's 0 is at `at`; with `end` in ms as claimed."""
    end = members.pop("end", None)
    anchor = members.pop("anchor", Anchor.ZERO)
    grade = members.pop("grade", Grade.GOOD)
    return Piece(
        file,
        clock=None if at is None else clock(at, anchor, grade),
        end=None if end is None else claim(end, "list.json#/end"),
        **members,
    )


def track(
    *pieces: Piece,
    who: str = "a",
    key: str = "1",
    kind: MediaType = AUDIO,
    name: str = "microphone",
    **members: Any,
) -> DraftTrack:
    return DraftTrack(who, key, name, kind, pieces, **members)


def draft(*tracks: DraftTrack, **members: Any) -> Draft:
    keys = dict.fromkeys(one.participant for one in tracks)
    people = members.pop("participants", tuple(DraftParticipant(key, key.title()) for key in keys))
    return Draft(members.pop("id", "one"), members.pop("name", None), people, tracks, **members)


def measured(first_s: str | float, end_s: str | float, packets: int = 100) -> Evidence:
    """M(first, end): first packet and end in seconds of the container."""
    first, end = Fraction(str(first_s)) * 1000, Fraction(str(end_s)) * 1000
    return Evidence(State.MEASURED, first, end, packets, size_bytes=1000, modified_s=1e9)


GONE = Evidence(State.MISSING, problem="there is no such file")
