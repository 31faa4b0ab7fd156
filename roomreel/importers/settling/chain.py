"""Slices of one recording, put one after the other where their claims allow it. Pure.

A slice stands where the one before ended, if it claims so within a leash; else at its claim: a hole
stays a hole, an overlap one (the earlier slice keeps what both have). The leash is held against the
claim, not against the slice before, so that small differences never add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice; times in ms.

    Attributes:
        claim: where it begins on the room clock; None where nothing says so.
        length: from there to the end of its last packet; None where it is not measured.
        lead: from there to its first packet.
        is_fixed: whether it stands at its claim whatever comes before.
    """

    claim: Fraction | None
    length: Fraction | None
    lead: Fraction = Fraction(0)
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """The place of a slice.

    Attributes:
        at: ms on the room clock; None where nothing says so.
        follows: whether it was put at the end of the one before, away from its claim or in line.
        overlap: ms that it has in common with those before it.
    """

    at: Fraction | None
    follows: bool = False
    overlap: Fraction = Fraction(0)


def chain(slices: Sequence[Slice], leash: Fraction | int) -> list[Link]:
    """Return the places of slices, in their order.

    Args:
        slices: by claimed start.
        leash: ms that one may be moved from its claim.
    """
    links: list[Link] = []
    ended: Fraction | None = None
    for one in slices:
        link = _linked(one, ended, leash)
        links.append(link)
        if link.at is not None and one.length is not None:
            end = link.at + one.length
            ended = end if ended is None else max(ended, end)
    return links


def _linked(one: Slice, ended: Fraction | None, leash: Fraction | int) -> Link:
    if ended is None or one.is_fixed:
        return _at_claim(one, ended)
    if one.claim is None or abs(one.claim - ended) <= leash:
        return Link(ended, follows=True)
    return _at_claim(one, ended)


def _at_claim(one: Slice, ended: Fraction | None) -> Link:
    if one.claim is None or ended is None:
        return Link(one.claim)
    return Link(one.claim, overlap=max(ended - one.claim - one.lead, Fraction(0)))
