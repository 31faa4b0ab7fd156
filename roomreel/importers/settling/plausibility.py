"""Claims held against each other, and against what is found. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median_low
from typing import TypeVar

from roomreel.importers.claims import Claim, Draft
from roomreel.importers.settling.parts import Part
from roomreel.model.time import EPOCH

K = TypeVar("K", bound=Hashable)

FURTHEST_MS = 10**11
"""Claims of one room lie within three years; one that lies further from the others is nonsense."""

TOLERANCE_MS = 500
"""Ends that differ by more are worth a look."""

SUSPECT_MS = 1000
"""What two clocks of a machine may differ by, beyond how finely they are said."""


@dataclass(frozen=True, slots=True)
class Believed:
    """The claims of a piece that are believed; None where there is none, or it is nonsense.

    Attributes:
        nonsense: those that are not, each with the reason.
    """

    start: Claim | None = None
    end: Claim | None = None
    size: Claim | None = None
    nonsense: tuple[tuple[Claim, str], ...] = ()


def believed(draft: Draft, parts: Sequence[Part]) -> dict[str, Believed]:
    """Return the claims of each part that can be true, by sid."""
    starts = {part.sid: part.piece.clock.start for part in parts if part.piece.clock is not None}
    zero = [Fraction(0)] if has_own_zero(draft) else []
    near = _together([Fraction(one.value) for one in _once(starts, parts)] + zero)
    ends = {part.sid: part.piece.end for part in parts if part.piece.end is not None}
    near = near or _together([Fraction(one.value) for one in _once(ends, parts)])
    return {part.sid: _of_part(part, starts.get(part.sid), near) for part in parts}


def has_own_zero(draft: Draft) -> bool:
    """Return whether the service counts from an instant of the room's own, which is known."""
    return draft.zero is not None and draft.zero != EPOCH


def _once(claims: Mapping[str, Claim], parts: Sequence[Part]) -> Iterable[Claim]:
    """Return each claim once: sound and pictures of a file share theirs."""
    return {
        (part.piece.file or part.sid, claims[part.sid].value): claims[part.sid]
        for part in parts
        if part.sid in claims
    }.values()


def _together(values: Sequence[Fraction]) -> tuple[Fraction, Fraction] | None:
    """Return first and last of the most values without a neighbour further away.

    Of as many the later ones, since a time that is missing is 0.
    """
    runs: list[list[Fraction]] = []
    for value in sorted(values):
        if runs and value - runs[-1][-1] <= FURTHEST_MS:
            runs[-1].append(value)
        else:
            runs.append([value])
    if not runs:
        return None
    most = max(reversed(runs), key=len)
    return most[0], most[-1]


def _of_part(part: Part, start: Claim | None, near: tuple[Fraction, Fraction] | None) -> Believed:
    nonsense: list[tuple[Claim, str]] = []
    end, size = part.piece.end, part.piece.size
    if start is not None and not _is_near(start, near):
        nonsense.append((start, "it lies years from the others"))
        start = None
    if end is not None and not _is_near(end, near):
        nonsense.append((end, "it lies years from the others"))
        end = None
    if start is not None and end is not None and end.value < start.value:
        nonsense.append((end, "it ends before it starts"))
        end = None
    if size is not None and size.value < 0:
        nonsense.append((size, "it is less than nothing"))
        size = None
    return Believed(start, end, size, tuple(nonsense))


def _is_near(claim: Claim, near: tuple[Fraction, Fraction] | None) -> bool:
    return near is None or near[0] - FURTHEST_MS <= claim.value <= near[1] + FURTHEST_MS


@dataclass(frozen=True, slots=True)
class Second:
    """A second claim of a start, by a clock of its own, beside the start that was chosen; in ms."""

    start: Fraction
    claim: Fraction
    resolution: int


def suspects(seconds: Mapping[K, Second]) -> dict[K, Fraction]:
    """Return the ms by which a start differs from its second claim, beyond what the others do.

    The clocks may begin anywhere: only differences between pieces are compared.
    """
    if len(seconds) <= 1:
        return {}
    away = {key: one.claim - one.start for key, one in seconds.items()}
    usual = median_low(away.values())
    return {
        key: away[key] - usual
        for key, one in seconds.items()
        if abs(away[key] - usual) > one.resolution + SUSPECT_MS
    }
