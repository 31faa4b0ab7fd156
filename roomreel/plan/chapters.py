"""Chapters: where participants join and leave, in words for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

from roomreel.model.plan import Chapter, Kept
from roomreel.model.room import Room
from roomreel.model.time import Span, to_ms
from roomreel.plan.spans import merged
from roomreel.plan.timeline import length, output_time
from roomreel.plan.usable import Usable

# A participant all of whose recordings stop for less than this has not left: a camera that is
# switched or a reconnect is no chapter.
ABSENCE_S = Fraction(5)

LONGEST_NAME = 40
MOST_NAMES = 4

# Zero-width joiner and non-joiner: invisible, but part of Persian and Indic words and of emoji.
JOINERS = "\u200c\u200d"


def chapters(room: Room, sources: Iterable[Usable], kept: Sequence[Kept]) -> tuple[Chapter, ...]:
    """A chapter at each instant at which participants join or leave, the first at 0.

    A participant is there while one of the sources is active. What happens in a stretch that is
    cut out is told at the cut; that all leave at the end goes without saying. No two chapters
    stand in the same millisecond, as players count them.
    """
    end_ms = to_ms(length(kept))
    happened: dict[int, tuple[Fraction, list[str], list[str]]] = {}
    for name, presence in _presences(room, sources):
        for joined, instant in ((True, presence.start), (False, presence.end)):
            at = output_time(instant, kept)
            _, joins, leaves = happened.setdefault(to_ms(at), (at, [], []))
            (joins if joined else leaves).append(name)
    return tuple(
        Chapter(happened[at_ms][0], _title(*happened[at_ms][1:]))
        for at_ms in sorted(happened)
        if at_ms < end_ms
    )


def _presences(room: Room, sources: Iterable[Usable]) -> Iterator[tuple[str, Span]]:
    """Name and span of each stay of each participant, in order of (name, sid, start)."""
    active: dict[tuple[str, str], list[Span]] = {}
    for source in sources:
        sid = source.recording.participant_sid
        active.setdefault((_readable(room.identity_of(sid)), sid), []).append(source.span)
    for key in sorted(active):
        stretched = merged(Span(span.start, span.end + ABSENCE_S) for span in active[key])
        for stay in stretched:
            yield key[0], Span(stay.start, stay.end - ABSENCE_S)


def _title(joins: Sequence[str], leaves: Sequence[str]) -> str:
    parts = []
    if leaves:
        parts.append(f"{_listed(leaves)} {'leaves' if len(leaves) == 1 else 'leave'}")
    if joins:
        parts.append(f"{_listed(joins)} {'joins' if len(joins) == 1 else 'join'}")
    return ", ".join(parts)


def _listed(names: Sequence[str]) -> str:
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} others"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _readable(name: str) -> str:
    """The name without what a player cannot print, shortened."""
    printed = (c if c.isprintable() or c in JOINERS else " " for c in name)
    shown = " ".join("".join(printed).split())
    return shown if len(shown) <= LONGEST_NAME else shown[: LONGEST_NAME - 1] + "…"
