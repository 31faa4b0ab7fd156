"""Bleed: one person's voice in another's microphone, which is no talk of theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from roomreel.model.sound_index import LEVEL_S, NO_PACKET
from roomreel.talk.floors import Levels
from roomreel.talk.runs import Places, counts_before

LEVEL_MS = int(1000 * LEVEL_S)

LOUDER = 150
"""Tenths of dB by which who really talks is louder, at least."""

SHARE_PERCENT = 80
"""Of the levels of a spurt, of which that has to be so."""


@dataclass(frozen=True, slots=True, eq=False)
class Talking:
    """A recording, and where somebody talks in it.

    Attributes:
        start_ms: when its first level begins on the room clock.
        begins: which levels spurts begin with.
        ends: the first ones after them.
    """

    participant_sid: str
    start_ms: int
    levels: Levels
    begins: Places
    ends: Places


def without_bleed(recordings: Sequence[Talking]) -> list[Talking]:
    """Return the recordings without spurts that are somebody else's voice."""
    voices = [_voice(one) for one in recordings]
    found = []
    for one in recordings:
        others = (
            (other, voice)
            for other, voice in zip(recordings, voices, strict=True)
            if other.participant_sid != one.participant_sid
        )
        found.append(_of_their_own(one, others) if len(one.begins) else one)
    return found


def _voice(one: Talking) -> Levels:
    """Return its levels where somebody talks in it, elsewhere none."""
    voice = np.full(len(one.levels), NO_PACKET, np.int16)
    for begin, end in zip(one.begins, one.ends, strict=True):
        voice[begin:end] = one.levels[begin:end]
    return voice


def _of_their_own(one: Talking, others: Iterable[tuple[Talking, Levels]]) -> Talking:
    loudest = np.full(len(one.levels), NO_PACKET, np.int16)
    for other, voice in others:
        # The level of the other's at whose time one of this one begins.
        ahead = (one.start_ms - other.start_ms) // LEVEL_MS
        begin, end = max(0, -ahead), min(len(loudest), len(voice) - ahead)
        if begin < end:
            here = loudest[begin:end]
            np.maximum(here, voice[begin + ahead : end + ahead], out=here)
    louder = counts_before(loudest - one.levels >= LOUDER)
    count = louder[one.ends] - louder[one.begins]
    is_own = count * 100 < SHARE_PERCENT * (one.ends - one.begins)
    return replace(one, begins=one.begins[is_own], ends=one.ends[is_own])
