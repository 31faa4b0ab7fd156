"""Selections: the patterns by which templates name recordings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OfIdentity:
    """Every recording of participants whose identity a glob matches, case-sensitive."""

    glob: str


@dataclass(frozen=True, slots=True)
class OfRole:
    """Every recording of participants with a role, case-sensitive."""

    role: str


Pattern = str | OfIdentity | OfRole
"""Who or what is selected; a text is an RT, MT or PA sid, a track name, `*`, `name*` or `*name`."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Sources by patterns.

    Selected is what a pattern of `included` matches minus what one of `excluded` matches.
    """

    included: tuple[Pattern, ...] = ()
    excluded: tuple[Pattern, ...] = ()


NOTHING = Selection()
"""No source at all."""

EVERYTHING = Selection(("*",))
"""All of them."""
