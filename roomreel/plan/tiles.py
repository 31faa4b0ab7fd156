"""Tiles: who is in a cell of a region at what time, and when a picture of theirs is seen there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.template import UnitKind
from roomreel.model.time import Span
from roomreel.plan.assign import CellInterval
from roomreel.plan.spans import merged, minus
from roomreel.plan.units import Unit, pictures

BRIEF_S = Fraction(1, 4)
"""What lasts less is no state of who is in a cell: tracks of one device begin and end that far
apart, and what was shown of it would be a flash."""


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
        """The parts of the span in which no picture is shown, in order, as far as they last."""
        return self.lasting(minus(self.span, self.pictured))

    def lasting(self, parts: Iterable[Span]) -> tuple[Span, ...]:
        """Return the parts of the span that are no flash; one that is all of it is none."""
        return tuple(one for one in parts if one.duration >= BRIEF_S or one == self.span)


def tiles_of(placed: Iterable[CellInterval[Unit]], kind: UnitKind) -> tuple[Tile, ...]:
    """Return a tile for each stretch in which a unit of a kind is on top of a cell."""
    return tuple(
        Tile(
            cell=one.cell,
            participant_sid=one.source.participant_sid,
            recording_sid=one.source.sid if kind is UnitKind.RECORDING else None,
            span=one.span,
            pictured=merged(
                part for seen in pictures([one]) for part in minus(seen.span, seen.source.blanks)
            ),
        )
        for one in placed
    )
