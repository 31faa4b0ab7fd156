"""The claims of a delivery about a room, before any medium is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from roomreel.importers.finding import Finding
from roomreel.model.encryption import Encryption
from roomreel.model.room import MediaType, RecordingStatus


class Anchor(StrEnum):
    """The thing that sits at a clock's time: the container's timestamp 0, or the first packet."""

    ZERO = "zero"
    FIRST = "first"


class Grade(StrEnum):
    """The quality of a clock: within 1 ms, 100 ms, whole seconds, or only assumed."""

    EXACT = "exact"
    GOOD = "good"
    COARSE = "coarse"
    GUESSED = "guessed"

    @property
    def rank(self) -> int:
        """The place among all of them, from 0, the best."""
        return list(Grade).index(self)


@dataclass(frozen=True, slots=True)
class Claim:
    """A value that a document or a name gives, and the place where it does.

    Attributes:
        value: of a time, ms on the room clock.
        at: file and JSON pointer, as in `archive.json#/files/1/size`, or the name of a file.
        resolution_ms: how finely it is said.
    """

    value: Fraction | int
    at: str
    resolution_ms: int = 1


@dataclass(frozen=True, slots=True)
class Clock:
    """The time at which a file begins.

    Attributes:
        start: ms on the room clock, which is counted from the room's zero.
        anchor: what of the file sits there.
        rule: name of the rule, as in `vonage/startTimeOffset`.
        fix: what in a delivery would give a better one, in words; "": nothing would.
    """

    start: Claim
    anchor: Anchor
    grade: Grade
    rule: str
    fix: str = ""


class Recipe(StrEnum):
    """The work on a file before it is a recording. Others come with their importers."""

    AS_IS = "as-is"
    OPUS_JSON = "opus-json"
    """Packets of Opus in JSON, one a line, become a Matroska file."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a track, as claimed.

    Attributes:
        file: its name in the listing; None: announced, and not there.
        clock: None where nothing says when it begins.
        end: when it ends, ms on the room clock.
        also: other claims of the start, independent of the clock's, to compare it with. Those at
            one place of the tuple are of one kind in all pieces, and of a clock of their own: only
            their differences count.
        part: of a file with a recipe, what of it the piece is.
        track_index: which of the file's tracks of the kind, in the file's order.
        sid: of the recording, where the vendor has real ones.
        pauses: spans in which the vendor says that nothing was recorded, as claims of both ends.
        attributes: what else is known; no secret, no URL with a query.
    """

    file: str | None
    clock: Clock | None = None
    end: Claim | None = None
    also: tuple[Claim, ...] = ()
    size: Claim | None = None
    codec: str | None = None
    status: RecordingStatus = RecordingStatus.COMPLETED
    sid: str | None = None
    date_created: datetime | None = None
    encryption: Encryption | None = None
    recipe: Recipe = Recipe.AS_IS
    part: str = ""
    pauses: tuple[tuple[Claim, Claim], ...] = ()
    track_index: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DraftTrack:
    """One track of a participant, in one or more pieces.

    Attributes:
        participant: key of the participant.
        key: of the track among the participant's; decides its sid.
        name: what templates select by: camera, microphone, screen, screen-audio, or the vendor's.
        optional: whether its files need not hold the kind: they are asked.
        leash_ms: where one recording comes in slices, how far from its claim a slice may be put to
            follow the one before; None: pieces stand alone.
    """

    participant: str
    key: str
    name: str
    kind: MediaType
    pieces: tuple[Piece, ...]
    optional: bool = False
    leash_ms: int | None = None
    source_sid: str | None = None


@dataclass(frozen=True, slots=True)
class DraftParticipant:
    """Somebody in the call.

    Attributes:
        key: the vendor's own, one of a kind in the room.
        identity: display name given by the service, else its user id, else the key.
        sid: where the vendor has real ones.
        kind: how they took part; `mixed` for everybody in one recording.
        attributes: what else the service says of them; no secret.
    """

    key: str
    identity: str
    display_name: str | None = None
    roles: tuple[str, ...] = ()
    sid: str | None = None
    kind: str = "webrtc"
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """One room of a delivery, as claimed.

    Attributes:
        id: the delivery's own of this recording: an archive, an egress room, a meeting.
        name: of the room; None: its id.
        zero: UTC instant of the room clock's 0, which is 1970 where offsets are Unix ms; None where
            it is not known.
        date_created: None: the zero, or where that is 1970 the earliest start.
        end_time: None: the latest end that is found.
        documents: names of the files that were read for it.
        findings: what the reader found.
        kept: claims that no manifest has a place for, such as chat, by kind; for the record alone.
    """

    id: str
    name: str | None
    participants: tuple[DraftParticipant, ...]
    tracks: tuple[DraftTrack, ...]
    zero: datetime | None = None
    date_created: datetime | None = None
    end_time: datetime | None = None
    sid: str | None = None
    documents: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def files(self) -> frozenset[str]:
        """The names of the files that pieces of its tracks are of."""
        pieces = (piece for track in self.tracks for piece in track.pieces)
        return frozenset(piece.file for piece in pieces if piece.file is not None)
