"""Conditions of layout rules: the spans of the room clock in which they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from roomreel.model.event import Event, EventKind
from roomreel.model.layout import Condition, SourceCount
from roomreel.model.room import MediaType
from roomreel.model.selection import Pattern, Selection
from roomreel.model.time import Span
from roomreel.plan.conversation import SILENCE, Conversation
from roomreel.plan.select import People, matches_participant, select
from roomreel.plan.spans import common, merged, minus, within
from roomreel.plan.usable import Usable


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that conditions are about.

    Attributes:
        whole: the time that is asked about; the composition begins with it.
        usable: the recordings, by sid.
        talk: who talks.
        events: of the room, in order.
    """

    whole: Span
    usable: Mapping[str, Usable]
    people: People
    talk: Conversation = SILENCE
    events: Sequence[Event] = ()

    def active(self, selection: Selection, kind: MediaType) -> list[Span]:
        """Return when each of the recordings that are selected is active."""
        recordings = (one.recording for one in self.usable.values())
        chosen = select(selection, kind, recordings, self.people)
        return [self.usable[one.sid].span for one in chosen]


def spans_of(condition: Condition, now: Circumstances) -> tuple[Span, ...]:
    """Return the spans in which a condition holds, in order; no two of them touch."""
    found: tuple[Span, ...] = (now.whole,)
    for spans in _members(condition, now):
        found = common(found, spans)
    return merged(found)


def _members(condition: Condition, now: Circumstances) -> Iterator[tuple[Span, ...]]:
    if condition.present is not None:
        yield _with_video(condition.present, now)
    if condition.absent is not None:
        yield minus(now.whole, _with_video(condition.absent, now))
    if condition.count is not None:
        yield tuple(_counted(condition.count, now))
    if condition.between is not None:
        spans = (one.span(now.whole) for one in condition.between)
        yield merged(within(now.whole, spans))
    if condition.marked is not None:
        yield merged(within(now.whole, _marked(condition.marked, now)))
    if condition.talking is not None:
        yield merged(within(now.whole, _talking(condition.talking, now)))
    if condition.silent_ms is not None:
        yield tuple(_silent(Fraction(condition.silent_ms, 1000), now))
    if condition.either is not None:
        yield merged(span for one in condition.either for span in spans_of(one, now))
    if condition.negated is not None:
        yield minus(now.whole, spans_of(condition.negated, now))


def _with_video(patterns: Sequence[Pattern], now: Circumstances) -> tuple[Span, ...]:
    active = now.active(Selection(tuple(patterns)), MediaType.VIDEO)
    return merged(within(now.whole, active))


def _marked(value: str, now: Circumstances) -> Iterator[Span]:
    """Yield the spans from each event of a layout with a value to the next event of a layout."""
    said = [one for one in now.events if one.kind is EventKind.LAYOUT]
    ends = [*(one.at for one in said[1:]), now.whole.end]
    for one, end in zip(said, ends, strict=bool(said)):
        if one.value == value:
            yield Span(one.at, end)


def _talking(patterns: Sequence[Pattern], now: Circumstances) -> Iterator[Span]:
    """Yield when the active speaker is one whom a pattern names, or one of whose sounds it does."""
    recordings = (one.recording for one in now.usable.values())
    sounds = select(Selection(tuple(patterns)), MediaType.AUDIO, recordings, now.people)
    named = {one.participant_sid for one in sounds}
    for spoken in now.talk.lane:
        sid = spoken.participant_sid
        if sid in named or any(matches_participant(one, sid, now.people) for one in patterns):
            yield spoken.span


def _silent(least: Fraction, now: Circumstances) -> Iterator[Span]:
    """Yield when nobody has talked for so long."""
    for silence in minus(now.whole, now.talk.talking):
        if silence.duration > least:
            yield Span(silence.start + least, silence.end)


def _counted(count: SourceCount, now: Circumstances) -> Iterator[Span]:
    most = float("inf") if count.most is None else count.most
    for span, number in _numbers(
        within(now.whole, now.active(count.sources, count.kind)), now.whole
    ):
        if count.least <= number <= most:
            yield span


def _numbers(spans: Iterable[Span], whole: Span) -> Iterator[tuple[Span, int]]:
    """Yield the stretches of a time, with how many of the spans each of them lies in."""
    changes = {whole.start: 0, whole.end: 0}
    for span in spans:
        changes[span.start] = changes.get(span.start, 0) + 1
        changes[span.end] = changes.get(span.end, 0) - 1
    start, now = whole.start, 0
    for instant in sorted(changes):
        if start < instant:
            yield Span(start, instant), now
        start = instant
        now += changes[instant]
