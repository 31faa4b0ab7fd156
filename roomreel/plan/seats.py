"""Seats: who of those that are there has a cell, as they come, go and talk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from roomreel.model.time import Span
from roomreel.plan.conversation import Conversation
from roomreel.plan.spans import minus
from roomreel.plan.units import Unit

Hidden = Mapping[str, Sequence[Span]]
"""By the sid of a unit, when it is shown elsewhere and counts as absent; in order."""

Seats = tuple[Unit | None, ...]
"""Who has which cell, in the order in which these are given out; None for nobody."""


@dataclass(frozen=True, slots=True)
class Change:
    """Units that go and come at one instant; at one where somebody begins to talk, maybe none."""

    ended: list[Unit] = field(default_factory=list)
    started: list[Unit] = field(default_factory=list)


def changes_of(
    units: Iterable[Unit], hidden: Hidden, instants: Iterable[Fraction] = ()
) -> list[tuple[Fraction, Change]]:
    """Return who goes and comes when, in order.

    Args:
        instants: others at which something may change.
    """
    found: dict[Fraction, Change] = {instant: Change() for instant in instants}
    for unit in units:
        for span in minus(unit.span, hidden.get(unit.sid, ())):
            found.setdefault(span.start, Change()).started.append(unit)
            found.setdefault(span.end, Change()).ended.append(unit)
    return sorted(found.items(), key=lambda item: item[0])


def seats_in_order(
    changes: Iterable[tuple[Fraction, Change]], most: int | None
) -> Iterator[tuple[Fraction, Seats]]:
    """Yield the seats from each instant on: units in their order, without holes.

    Args:
        most: how many there are; None for as many as it takes.
    """
    present: dict[str, Unit] = {}
    for at, change in changes:
        _update(present, change)
        yield at, tuple(sorted(present.values(), key=lambda unit: unit.order)[:most])


def seats_by_speaker(
    changes: Iterable[tuple[Fraction, Change]],
    most: int | None,
    talk: Conversation,
    *,
    close_up: bool,
) -> Iterator[tuple[Fraction, Seats]]:
    """Yield the seats from each instant on: those of who talks, or talked last.

    Whoever has one keeps it. The seat of one who goes is for the hidden one who talked last; the
    active speaker, if hidden, takes the seat of the one who has not talked for longest.

    Args:
        most: how many there are; None for as many as it takes.
        close_up: whether others move up to the seat of one who goes.
    """
    present: dict[str, Unit] = {}
    seats: list[Unit | None] = []
    for at, change in changes:
        _update(present, change)
        seats = [one if one is not None and one.sid in present else None for one in seats]
        if close_up:
            seats = [one for one in seats if one is not None]
        _seat_hidden(seats, most, present, talk, at)
        _seat_speaker(seats, present, talk, at)
        yield at, tuple(seats)


def _update(present: dict[str, Unit], change: Change) -> None:
    for unit in change.ended:
        present.pop(unit.sid, None)
    for unit in change.started:
        present[unit.sid] = unit


def _seat_hidden(
    seats: list[Unit | None],
    most: int | None,
    present: Mapping[str, Unit],
    talk: Conversation,
    at: Fraction,
) -> None:
    """Give seats that are free to units that have none, the active speaker first."""
    seated = {one.sid for one in seats if one is not None}
    speaker = talk.speaker_at(at)

    def precedence(unit: Unit) -> tuple[Any, ...]:
        word = talk.last_word(unit.participant_sid, at)
        return unit.participant_sid != speaker, word is None, -(word or 0), unit.order

    free = [number for number, one in enumerate(seats) if one is None]
    for unit in sorted((one for sid, one in present.items() if sid not in seated), key=precedence):
        if free:
            seats[free.pop(0)] = unit
        elif most is None or len(seats) < most:
            seats.append(unit)


def _seat_speaker(
    seats: list[Unit | None], present: Mapping[str, Unit], talk: Conversation, at: Fraction
) -> None:
    """Give the active speaker, if hidden, the seat of the one who talked longest ago."""
    speaker = talk.speaker_at(at)
    own = [unit for unit in present.values() if unit.participant_sid == speaker]
    seated = [(number, one) for number, one in enumerate(seats) if one is not None]
    if not own or not seated or any(one.participant_sid == speaker for _, one in seated):
        return

    def since(numbered: tuple[int, Unit]) -> tuple[Any, ...]:
        unit = numbered[1]
        word = talk.last_word(unit.participant_sid, at)
        return word is not None, word or 0, -unit.start, unit.sid

    number, _ = min(seated, key=since)
    seats[number] = min(own, key=lambda unit: unit.order)
