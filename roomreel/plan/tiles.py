"""Tiles: who is in a cell of a region at what time, and when a picture of theirs is seen there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from roomreel.model.time import Span
from roomreel.plan.assign import CellInterval
from roomreel.plan.spans import minus


@dataclass(frozen=True, slots=True)
class Tile:
    """A stretch in which a cell is one participant's; no two of a cell overlap.

    Attributes:
        recording_sid: of the recording that it is about; None where it is about the participant.
        span: seconds on the room clock.
        pictured: the parts of the span in which a picture is shown, in order.
    """

    cell: int
    participant_sid: str
    recording_sid: str | None
    span: Span
    pictured: tuple[Span, ...]

    @property
    def blank(self) -> tuple[Span, ...]:
        """The parts of the span in which no picture is shown, in order."""
        return minus(self.span, self.pictured)


def tiles_of(intervals: Iterable[CellInterval]) -> tuple[Tile, ...]:
    """Return a tile for each stretch in which a recording is on top of a cell."""
    return tuple(
        Tile(
            cell=one.cell,
            participant_sid=one.source.recording.participant_sid,
            recording_sid=one.source.sid,
            span=one.span,
            pictured=minus(one.span, one.source.blanks),
        )
        for one in intervals
    )
