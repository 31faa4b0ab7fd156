"""Figures of the talk in a room, as catalogs keep them: for how long each talks, and over whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise

from roomreel.model.talk import RecordingTalk, RoomTalk, Spurt, Spurts, Turn
from roomreel.model.time import Span, to_ms
from roomreel.plan.spans import merged, minus, total
from roomreel.plan.turns import turns_of

NONE = Fraction(0)


@dataclass(frozen=True, slots=True)
class ParticipantFigures:
    """The talk of one participant; instants are of the room clock.

    Attributes:
        present_ms: in which something of theirs was recorded.
        talk_ms: in which they are heard, in words too short for a turn as well.
        overlap_ms: of that, while somebody else talks.
        interruption_count: turns that they began in somebody else's.
        first_talk_ms: None where they are never heard.
        talk_share: of the talk of all, theirs; None where nobody talks.
        muted_ms: of the time present, without a packet of sound for more than 2 s.
        loudness: of the recording in which they talk most, hundredths of LUFS.
        turns: in order, each with its level, tenths of dB.
    """

    participant_sid: str
    present_ms: int
    talk_ms: int
    overlap_ms: int
    interruption_count: int
    first_talk_ms: int | None
    talk_share: Fraction | None
    muted_ms: int
    loudness: int | None
    turns: tuple[tuple[Turn, int], ...]


@dataclass(frozen=True, slots=True)
class RoomFigures:
    """The talk of a room.

    Attributes:
        talk_ms: in which somebody talks.
        silence_ms: in which nobody does, from the first that was recorded to the last.
        overlap_ms: in which several do.
        speaker_changes: turns that follow one of somebody else.
        participants: those of whom some sound is known, by sid.
    """

    talk_ms: int
    silence_ms: int
    overlap_ms: int
    speaker_changes: int
    participants: Mapping[str, ParticipantFigures]


def talk_figures(talk: RoomTalk, recorded: Mapping[str, Iterable[Span]]) -> RoomFigures | None:
    """Return the figures of a room; None where no sound of it is known.

    Args:
        recorded: by participant sid, when something of theirs was, on the room clock.
    """
    if not talk.recordings:
        return None
    present = _presence(talk, recorded)
    turns = turns_of(talk.spurts)
    overlaps = _Overlaps(talk.spurts)
    interruptions = _interruptions(turns)
    of_all = sum((total(spans) for spans in talk.spurts.values()), NONE)
    figures = {}
    for sid, spurts in talk.spurts.items():
        own = [one for one in talk.recordings.values() if one.participant_sid == sid]
        loudest = max(own, key=lambda one: total(spurt.span for spurt in one.spurts))
        sounding = merged(span for one in own for span in one.sounding)
        figures[sid] = ParticipantFigures(
            sid,
            present_ms=to_ms(total(present[sid])),
            talk_ms=to_ms(total(spurts)),
            overlap_ms=to_ms(overlaps.of(sid)),
            interruption_count=interruptions[sid],
            first_talk_ms=to_ms(spurts[0].start) if spurts else None,
            talk_share=total(spurts) / of_all if of_all else None,
            muted_ms=to_ms(sum((total(minus(one, sounding)) for one in present[sid]), NONE)),
            loudness=loudest.loudness,
            turns=_with_levels([turn for turn in turns if turn.participant_sid == sid], own),
        )
    return RoomFigures(
        talk_ms=to_ms(overlaps.one_or_more),
        silence_ms=to_ms(_length(present) - overlaps.one_or_more),
        overlap_ms=to_ms(overlaps.several),
        speaker_changes=sum(a.participant_sid != b.participant_sid for a, b in pairwise(turns)),
        participants=figures,
    )


def _presence(
    talk: RoomTalk, recorded: Mapping[str, Iterable[Span]]
) -> defaultdict[str, tuple[Span, ...]]:
    """Return when each participant was there: something was recorded, or sounds."""
    spans: dict[str, list[Span]] = defaultdict(list)
    for sid, of_one in recorded.items():
        spans[sid] += of_one
    for one in talk.recordings.values():
        spans[one.participant_sid] += one.sounding
    return defaultdict(tuple, {sid: merged(of_one) for sid, of_one in spans.items()})


def _length(present: Mapping[str, Sequence[Span]]) -> Fraction:
    spans = [span for of_one in present.values() for span in of_one]
    last = max((span.end for span in spans), default=NONE)
    return last - min((span.start for span in spans), default=last)


class _Overlaps:
    """Seconds in which one or more talk, in which several do, and each with others."""

    def __init__(self, spurts: Spurts) -> None:
        edges = [
            (at, sid) for sid, spans in spurts.items() for s in spans for at in (s.start, s.end)
        ]
        self.one_or_more = self.several = NONE
        self._of: dict[str, Fraction] = defaultdict(Fraction)
        talking: set[str] = set()
        before = NONE
        for at, sid in sorted(edges):
            self.one_or_more += at - before if talking else 0
            if len(talking) > 1:
                self.several += at - before
                for one in talking:
                    self._of[one] += at - before
            talking ^= {sid}
            before = at

    def of(self, sid: str) -> Fraction:
        """Return the seconds in which a participant talks while others do."""
        return self._of[sid]


def _interruptions(turns: Iterable[Turn]) -> Counter[str]:
    """Return how many turns each began in one of somebody else.

    Args:
        turns: by start.
    """
    found: Counter[str] = Counter()
    ends: dict[str, Fraction] = {}
    for start, together in groupby(turns, key=lambda turn: turn.span.start):
        begun = {turn.participant_sid: turn.span.end for turn in together}
        found.update(
            sid for sid in begun if any(end > start for one, end in ends.items() if one != sid)
        )
        ends |= begun
    return found


def _with_levels(
    turns: Iterable[Turn], recordings: Sequence[RecordingTalk]
) -> tuple[tuple[Turn, int], ...]:
    """Return turns with the mean level of the spurts that are in each."""
    spurts = sorted(
        (spurt for one in recordings for spurt in one.spurts), key=lambda spurt: spurt.span
    )
    found, at = [], 0
    for turn in turns:
        inside: list[Spurt] = []
        while at < len(spurts) and spurts[at].span.start < turn.span.end:
            if spurts[at].span.start >= turn.span.start:
                inside.append(spurts[at])
            at += 1
        weighed = sum((spurt.level * spurt.span.duration for spurt in inside), NONE)
        found.append((turn, round(weighed / total(spurt.span for spurt in inside))))
    return tuple(found)
