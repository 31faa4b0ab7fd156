"""Turns: spurts of talk joined over short pauses, coughs left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from roomreel.model.speaker import USUAL_SPEAKER
from roomreel.model.talk import Spurts, Turn
from roomreel.model.time import Span


def turns_of(
    spurts: Spurts, pause: Fraction = USUAL_SPEAKER.pause, least: Fraction = USUAL_SPEAKER.min_talk
) -> tuple[Turn, ...]:
    """Return the turns of all participants: by start, the longer first, then by sid.

    Args:
        pause: seconds of silence that a turn goes on over.
        least: seconds of talk without which it is none.
    """
    turns = [
        turn
        for sid, spans in spurts.items()
        for turn in _joined(sid, spans, pause)
        if turn.talk_s >= least
    ]
    return tuple(sorted(turns, key=_order))


def _joined(sid: str, spurts: Iterable[Span], pause: Fraction) -> Iterator[Turn]:
    turn: Turn | None = None
    for spurt in spurts:
        if turn is not None and spurt.start - turn.span.end <= pause:
            span = Span(turn.span.start, spurt.end)
            turn = Turn(sid, span, turn.talk_s + spurt.duration)
            continue
        if turn is not None:
            yield turn
        turn = Turn(sid, spurt, spurt.duration)
    if turn is not None:
        yield turn


def _order(turn: Turn) -> tuple[Fraction, Fraction, str]:
    return turn.span.start, -turn.span.end, turn.participant_sid
