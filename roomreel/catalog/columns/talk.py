"""The columns of talk: a row for each participant of a room whose sound was listened to."""

# ruff: noqa: E501  meanings are long

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from roomreel.catalog.columns.column import (
    FILE,
    FLOAT,
    INT,
    MANIFEST,
    RUN,
    STRING,
    TIME,
    VALUES,
    WRITER,
    Column,
    ListOf,
    Struct,
)
from roomreel.model.room import Room
from roomreel.model.time import to_ms
from roomreel.plan.talk_figures import ParticipantFigures

TURNS = ListOf(Struct.of(start_ms=INT, end_ms=INT, talk_ms=INT, level_db=FLOAT))


@dataclass(frozen=True, slots=True)
class TalkFacts:
    """The talk of one participant, as columns read it.

    Attributes:
        sid: of the row.
    """

    sid: str
    room: Room
    figures: ParticipantFigures
    status: str = "completed"

    @property
    def talk_share(self) -> float | None:
        """Return the share of the talk of all that is theirs."""
        share = self.figures.talk_share
        return None if share is None else float(share)

    @property
    def loudness_lufs(self) -> float | None:
        """Return the loudness of the recording in which they talk most."""
        return None if self.figures.loudness is None else self.figures.loudness / 100

    @property
    def turns(self) -> list[dict[str, Any]]:
        """Return their turns."""
        return [
            {
                "start_ms": to_ms(turn.span.start),
                "end_ms": to_ms(turn.span.end),
                "talk_ms": to_ms(turn.talk_s),
                "level_db": level / 10,
            }
            for turn, level in self.figures.turns
        ]

    @property
    def longest_turn_ms(self) -> int | None:
        """Return the length of their longest turn; None where they have none."""
        return max((turn["end_ms"] - turn["start_ms"] for turn in self.turns), default=None)


_c = partial(Column[TalkFacts], since=8)
_ms = partial(_c, kind=INT, unit="ms", source=FILE)

TALK: tuple[Column[Any], ...] = (
    _c("sid", STRING, "", RUN, "identifies the row: `TK` and 32 hex digits"),
    _c(
        "status",
        STRING,
        "",
        RUN,
        "`completed`, or `deleted` with a recording of theirs",
        repeats=VALUES,
    ),
    *WRITER,
    _c("room_sid", STRING, "", MANIFEST, "room it belongs to", read="room.sid"),
    _c("room_name", STRING, "", MANIFEST, "name of that room", read="room.unique_name"),
    _c(
        "participant_sid",
        STRING,
        "",
        MANIFEST,
        "who was listened to",
        read="figures.participant_sid",
    ),
    _c(
        "participant_identity",
        STRING,
        "",
        MANIFEST,
        "name of who was listened to",
        read=lambda one: one.room.identity_of(one.figures.participant_sid),
        repeats=VALUES,
    ),
    _c("date_deleted", TIME, "", RUN, "when it was deleted", read=None, repeats=VALUES),
    _ms(
        "present_ms", meaning="in which something of theirs was recorded", read="figures.present_ms"
    ),
    _ms(
        "talk_ms",
        meaning="in which they are heard, in words too short for a turn, too",
        read="figures.talk_ms",
    ),
    _c(
        "turn_count",
        INT,
        "",
        FILE,
        "turns: talk without a pause of more than 1 s, of 0.8 s and more",
        read=lambda one: len(one.figures.turns),
    ),
    _ms("longest_turn_ms", meaning="their longest turn; null where they have none"),
    _ms("overlap_ms", meaning="of `talk_ms`, while somebody else talks", read="figures.overlap_ms"),
    _c(
        "interruption_count",
        INT,
        "",
        FILE,
        "turns that they began in somebody else's",
        read="figures.interruption_count",
    ),
    _ms(
        "first_talk_ms",
        meaning="instant on the room clock at which they are first heard; null where they never are",
        read="figures.first_talk_ms",
    ),
    _c(
        "talk_share", FLOAT, "", FILE, "of the talk of all, theirs: 0 to 1; null where nobody talks"
    ),
    _ms(
        "muted_ms",
        meaning="of `present_ms`, without a packet of sound for more than 2 s",
        read="figures.muted_ms",
    ),
    _c(
        "loudness_lufs",
        FLOAT,
        "LUFS",
        FILE,
        "integrated loudness (EBU R 128) of the recording in which they talk most; null of silence",
    ),
    _c(
        "turns",
        TURNS,
        "ms, dB",
        FILE,
        "their turns on the room clock, how long they are heard in each, and the mean level of that (see `level_floor_db`); empty once it is deleted",
    ),
)
