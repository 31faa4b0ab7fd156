"""The conversation of a room: who talks when, and who of them is the active speaker.

It is known from beginning to end, so the picture looks ahead: it is there when a turn begins, and
nothing too short to be one ever moves it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import groupby, pairwise
from operator import attrgetter

from roomreel.model.event import Event, EventKind
from roomreel.model.speaker import Evidence, SpeakerRules, Spoken
from roomreel.model.talk import Spurts, Turn
from roomreel.model.time import Span
from roomreel.plan.select import People
from roomreel.plan.spans import bridged, merged
from roomreel.plan.turns import turns_of

BREATH_S = Fraction(1, 2)
"""Seconds of silence that a border around who talks stays on over."""

GLANCE_S = Fraction(4, 10)
"""Seconds that such a border is there at least."""


@dataclass(frozen=True)
class Conversation:
    """The talk in a composition; none at all where nothing asks for it.

    Attributes:
        spurts: whatever is heard of each participant.
        turns: in their order.
        lane: who is the active speaker, from the beginning to the end; empty if nobody ever talks.
    """

    spurts: Spurts
    turns: tuple[Turn, ...] = ()
    lane: tuple[Spoken, ...] = ()

    @cached_property
    def talking(self) -> tuple[Span, ...]:
        """When anybody has a turn, in order."""
        return merged(turn.span for turn in self.turns)

    @cached_property
    def _turns_by_sid(self) -> dict[str, tuple[list[Fraction], list[Fraction]]]:
        found: dict[str, tuple[list[Fraction], list[Fraction]]] = {}
        for turn in self.turns:
            starts, ends = found.setdefault(turn.participant_sid, ([], []))
            starts.append(turn.span.start)
            ends.append(turn.span.end)
        return found

    def last_word(self, participant_sid: str, at: Fraction) -> Fraction | None:
        """Return when a participant talked last, up to an instant; None if they never have."""
        starts, ends = self._turns_by_sid.get(participant_sid, ([], []))
        before = bisect_right(starts, at)
        return min(ends[before - 1], at) if before else None

    def speaker_at(self, at: Fraction) -> str | None:
        """Return the sid of the active speaker at an instant."""
        number = bisect_right(self._changes, at)
        return self.lane[number - 1].participant_sid if number else None

    def changes_within(self, span: Span) -> Sequence[Fraction]:
        """Return the instants within a span, its start left out, at which the speaker changes."""
        first, last = (bisect_right(self._changes, at) for at in (span.start, span.end))
        return [at for at in self._changes[first:last] if at < span.end]

    def shown_talking(self, participant_sid: str) -> tuple[Span, ...]:
        """Return when a participant is shown to talk, in order: not flickering with each word."""
        return self._shown_talking.get(participant_sid, ())

    @cached_property
    def _shown_talking(self) -> dict[str, tuple[Span, ...]]:
        return {
            sid: merged(
                Span(one.start, max(one.end, one.start + GLANCE_S))
                for one in bridged(spurts, BREATH_S)
            )
            for sid, spurts in self.spurts.items()
        }

    @cached_property
    def _changes(self) -> list[Fraction]:
        return [one.span.start for one in self.lane]


SILENCE = Conversation({})
"""The conversation where nobody is listened to."""


def conversation(
    rules: SpeakerRules,
    whole: Span,
    spurts: Spurts,
    events: Iterable[Event],
    people: People,
) -> Conversation:
    """Return the conversation of a composition.

    Args:
        whole: the time of it, which the active speaker is told for.
        spurts: where sound is the evidence.
        events: where they are, in order.
    """
    if rules.evidence is Evidence.EVENTS:
        told = tuple(_turns_told(events, whole.end))
        spurts = _spurts(told)
    else:
        told = turns_of(spurts, rules.pause, rules.min_talk)
    turns = tuple(sorted(told, key=lambda turn: _order(turn, people)))
    return Conversation(spurts, turns, tuple(_lane(rules, turns, whole)))


def _turns_told(events: Iterable[Event], end: Fraction) -> Iterator[Turn]:
    """Yield a turn from each event of a speaker to the next, of another; of nobody, none."""
    told = [one for one in events if one.kind is EventKind.SPEAKER and one.at < end]
    changes = [next(same) for _, same in groupby(told, key=attrgetter("participant_sid"))]
    ends = [*(one.at for one in changes[1:]), end]
    for one, until in zip(changes, ends, strict=bool(changes)):
        span = Span(one.at, until)
        if one.participant_sid and not span.is_empty:
            yield Turn(one.participant_sid, span, span.duration)


def _spurts(turns: Iterable[Turn]) -> Spurts:
    found: dict[str, list[Span]] = defaultdict(list)
    for turn in turns:
        found[turn.participant_sid].append(turn.span)
    return {sid: merged(spans) for sid, spans in found.items()}


def _order(turn: Turn, people: People) -> tuple[Fraction, Fraction, str, str]:
    sid = turn.participant_sid
    name = people[sid].name if sid in people else sid
    return turn.span.start, -turn.span.end, name, sid


def _lane(rules: SpeakerRules, turns: Sequence[Turn], whole: Span) -> Iterator[Spoken]:
    """Yield who is the active speaker in each part of a time, in order."""
    changes = [
        (max(at, whole.start), sid) for at, sid in _switches(rules, turns, whole) if at < whole.end
    ]
    if whole.is_empty or not changes:
        return
    for (start, sid), (end, _) in pairwise([*changes, (whole.end, "")]):
        if start < end:
            yield Spoken(sid, Span(start, end))


def _switches(
    rules: SpeakerRules, turns: Sequence[Turn], whole: Span
) -> Iterator[tuple[Fraction, str]]:
    """Yield the instants from which somebody is the active speaker.

    Whoever has the floor keeps it to the end of their turn; another one has it from the beginning
    of theirs, if enough of it is left by then.
    """
    active, floor, earliest = "", whole.start, whole.start
    for turn in turns:
        sid, span = turn.participant_sid, turn.span
        if not active:
            active, floor = sid, span.end
            yield whole.start, sid
        elif sid == active:
            floor = max(floor, span.end)
        else:
            start = max(span.start - rules.lead, floor, earliest)
            if span.end - start >= rules.min_talk:
                active, floor, earliest = sid, span.end, start + rules.hold
                yield start, sid
