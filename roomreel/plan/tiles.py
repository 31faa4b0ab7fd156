"""Tiles: who is in a cell of a region at what time, and when a picture of theirs is seen there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

from roomreel.model.geometry import Rect
from roomreel.model.template import UnitKind
from roomreel.model.time import Span
from roomreel.plan.assign import CellInterval
from roomreel.plan.spans import merged, minus
from roomreel.plan.units import Unit, pictures
from roomreel.plan.usable import Usable

BRIEF_S = Fraction(1, 4)
"""What lasts less is no state of who is in a cell: tracks of one device begin and end that far
apart, and what was shown of it would be a flash."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit on top of a cell, over a span of the room clock.

    Attributes:
        rect: of the cell, on the canvas.
    """

    unit: Unit
    cell: int
    rect: Rect
    span: Span

    def until(self, end: Fraction) -> Placed:
        """Return the same, to another end."""
        return replace(self, span=Span(self.span.start, end))


@dataclass(frozen=True, slots=True)
class Tile:
    """A stretch in which a cell is one participant's; no two of a cell overlap.

    Attributes:
        rect: of the cell, on the canvas.
        recording_sid: of the recording that it is about; None where it is about the participant.
        span: seconds on the room clock.
        shown: the pictures that are on top in it, pauses not taken out.
    """

    cell: int
    rect: Rect
    participant_sid: str
    recording_sid: str | None
    span: Span
    shown: tuple[CellInterval[Usable], ...]

    @property
    def pictured(self) -> tuple[Span, ...]:
        """The parts of the span in which a picture is shown, in order."""
        return merged(part for one in self.shown for part in minus(one.span, one.source.blanks))

    @property
    def blank(self) -> tuple[Span, ...]:
        """The parts of the span in which no picture is shown, in order, as far as they last."""
        return self.lasting(minus(self.span, self.pictured))

    def lasting(self, parts: Iterable[Span]) -> tuple[Span, ...]:
        """Return the parts of the span that are no flash; one that is all of it is none."""
        return tuple(one for one in parts if one.duration >= BRIEF_S or one == self.span)


def tiles_of(placed: Iterable[Placed], kind: UnitKind) -> tuple[Tile, ...]:
    """Return a tile for each stretch in which a unit of a kind is on top of a cell."""
    return tuple(
        Tile(
            cell=one.cell,
            rect=one.rect,
            participant_sid=one.unit.participant_sid,
            recording_sid=one.unit.sid if kind is UnitKind.RECORDING else None,
            span=one.span,
            shown=pictures(one.unit, one.cell, one.span),
        )
        for one in placed
    )
