"""Chapters: where participants join and leave, and where somebody set a mark, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice

from roomreel.model.event import Event, EventKind
from roomreel.model.layout import Stretch
from roomreel.model.plan import Chapter, OutputSegment, PlanWarning, WarningCode
from roomreel.model.room import Room
from roomreel.model.template import USUAL_CHAPTERS, ChapterKind
from roomreel.model.time import Span, to_ms
from roomreel.plan.spans import bridged
from roomreel.plan.timeline import in_output, length, output_time
from roomreel.plan.usable import Usable
from roomreel.text import shown_name

# A participant all of whose recordings stop for less than this has not left: a camera that is
# switched or a reconnect is no chapter.
ABSENCE_S = Fraction(5)
# What happens within this much of the beginning of a chapter is in it, and none begins so near to
# the end: people come and go together, and encoders have delays of milliseconds of their own.
SHORTEST_S = Fraction(1)

# In the order of a title; the words of one, and of several.
_WORDS = {"leave": "leaves", "join": "joins", "visit": "visits"}

MOST_NAMES = 4
# Of one instant; a file has no room for the words of thousands.
MOST_TITLES = 8
# WebM's muxer takes time quadratic in their number: a second for these, two minutes for 200 000.
MOST_MARKS = 10_000

Active = tuple[str, str, Span]
"""Name and sid of a participant, and when a recording of theirs is active."""


def chapters(
    room: Room,
    sources: Sequence[Usable],
    kept: Sequence[OutputSegment],
    kinds: Collection[ChapterKind] = USUAL_CHAPTERS,
    events: Iterable[Event] = (),
    on: Sequence[Stretch] = (),
) -> tuple[Chapter, ...]:
    """Return the chapters of an output, in order; those that begin at one millisecond are one.

    What happens in a stretch that is cut out is listed at the cut. Where there are chapters one
    begins at 0, with the name of the room if no other does: a player would draw the first one
    out to there.

    Args:
        sources: a participant is there while one of them is active.
        kept: what of the room clock is in the output.
        kinds: what begins a chapter. Joins: the first is at 0, that all leave at the end goes
            without saying, and every one of them but the first of a short output lasts
            `SHORTEST_S` or longer. Layouts: the name of the one that comes on, where it changes.
            Marks: one each, with its words.
        events: in order; what is not between the first source and the last is passed over.
        on: the stretches in which one layout is on.
    """
    joins = _joins(room, sources, kept) if ChapterKind.JOINS in kinds else ()
    marks = _marks(sources, kept, events) if ChapterKind.MARKS in kinds else ()
    layouts = _layouts(on, kept) if ChapterKind.LAYOUTS in kinds else ()
    found = _united((*joins, *layouts, *marks))
    if not found or to_ms(found[0].start) == 0:
        return found
    return (Chapter(Fraction(0), shown_name(room.unique_name) or room.sid), *found)


def _layouts(on: Sequence[Stretch], kept: Sequence[OutputSegment]) -> Iterator[Chapter]:
    """Yield a chapter for each stretch of which something is kept; none where nothing changes."""
    if len(on) > 1:
        for stretch in on:
            for part, _ in islice(in_output(stretch.span, kept), 1):
                yield Chapter(part.start, shown_name(stretch.layout))


def _united(found: Iterable[Chapter]) -> tuple[Chapter, ...]:
    """Return chapters in order; of those of one millisecond one, with the titles in their order."""
    by_ms: dict[int, list[Chapter]] = {}
    for one in found:
        by_ms.setdefault(to_ms(one.start), []).append(one)
    return tuple(
        Chapter(min(one.start for one in by_ms[ms]), _titles(one.title for one in by_ms[ms]))
        for ms in sorted(by_ms)
    )


def _titles(titles: Iterable[str]) -> str:
    different = [*dict.fromkeys(titles)]
    more = len(different) - MOST_TITLES
    return ", ".join(different[:MOST_TITLES]) + (f" and {more} more" if more > 0 else "")


def _marks(
    sources: Sequence[Usable], kept: Sequence[OutputSegment], events: Iterable[Event]
) -> Iterator[Chapter]:
    """Yield a chapter at each mark whose words can be seen."""
    end_ms = to_ms(length(kept))
    for event in islice(_inside(sources, events), MOST_MARKS):
        if title := shown_name(event.value):
            start = output_time(event.at, kept)
            # Of what is cut out at the end nothing follows the cut.
            if to_ms(start) < end_ms:
                yield Chapter(start, title)


def _inside(sources: Sequence[Usable], events: Iterable[Event]) -> Iterator[Event]:
    """Yield the marks between the beginning of the first source and the end of the last."""
    there = Span(min(one.span.start for one in sources), max(one.span.end for one in sources))
    return (one for one in events if one.kind is EventKind.MARK and one.at in there)


def marks_passed_over(
    sources: Sequence[Usable], kinds: Collection[ChapterKind], events: Iterable[Event]
) -> Iterator[PlanWarning]:
    """Yield a warning where a call has more marks than begin chapters; arguments as `chapters`."""
    count = sum(1 for _ in _inside(sources, events)) if ChapterKind.MARKS in kinds else 0
    if count > MOST_MARKS:
        message = f"the call has {count} marks, and only the first {MOST_MARKS} begin chapters"
        yield PlanWarning(WarningCode.TEXT_INVALID, "", message)


def _joins(
    room: Room, sources: Iterable[Usable], kept: Sequence[OutputSegment]
) -> tuple[Chapter, ...]:
    active = (
        (room.identity_of(one.recording.participant_sid), one.recording.participant_sid, one.span)
        for one in sources
    )
    stays = [
        (name, output_time(stay.start, kept), output_time(stay.end, kept))
        for name, stay in _presences(active)
    ]
    return _chapters(stays, length(kept))


def chapters_of_output(active: Iterable[Active], end: Fraction) -> tuple[Chapter, ...]:
    """Return the chapters of an output of which only is known when who is seen or heard in it.

    Args:
        active: in output time.
        end: of the output, in seconds.
    """
    return _chapters([(name, stay.start, stay.end) for name, stay in _presences(active)], end)


def _chapters(
    stays: Sequence[tuple[str, Fraction, Fraction]], end: Fraction
) -> tuple[Chapter, ...]:
    start_of = _starts(instant for _, *ends in stays for instant in ends)
    latest = end - SHORTEST_S
    happened: dict[Fraction, dict[str, list[str]]] = {}
    for name, joined, left in stays:
        instants = {}
        if start_of[joined] == 0 or start_of[joined] <= latest:
            instants["join"] = start_of[joined]
        if left <= latest:
            instants["leave"] = start_of[left]
        if len(instants) > len(set(instants.values())):
            instants = {"visit": start_of[joined]}
        for what, start in instants.items():
            happened.setdefault(start, {}).setdefault(what, []).append(name)
    return tuple(Chapter(start, _title(happened[start])) for start in sorted(happened))


def _starts(instants: Iterable[Fraction]) -> dict[Fraction, Fraction]:
    """Return the start of the chapter in which each of some instants is."""
    start = Fraction(-SHORTEST_S)
    found = {}
    for instant in sorted(instants):
        start = instant if instant >= start + SHORTEST_S else start
        found[instant] = start
    return found


def _presences(sources: Iterable[Active]) -> Iterator[tuple[str, Span]]:
    """Yield name and span of each stay of each participant, in order of (name, sid, start)."""
    active: dict[tuple[str, str], list[Span]] = {}
    for name, sid, span in sources:
        active.setdefault((shown_name(name), sid), []).append(span)
    for key in sorted(active):
        for stay in bridged(active[key], ABSENCE_S):
            yield key[0], stay


def _title(happened: Mapping[str, Sequence[str]]) -> str:
    return ", ".join(
        f"{_listed(names)} {of_one if len(names) == 1 else of_several}"
        for of_several, of_one in _WORDS.items()
        if (names := happened.get(of_several))
    )


def _listed(names: Sequence[str]) -> str:
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} others"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
