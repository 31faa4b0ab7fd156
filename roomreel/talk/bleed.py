"""Bleed: one person's voice in another's microphone, which is no talk of theirs.

A spurt is compared as a whole, by power, so that the loud moments of it decide: between words both
microphones have their own noise, and nothing can be said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from roomreel.model.sound_index import LEVEL_S, NO_PACKET
from roomreel.talk.floors import Levels
from roomreel.talk.runs import Places

LEVEL_MS = int(1000 * LEVEL_S)

LOUDER = 150
"""Tenths of dB by which who really talks is louder, at least."""

_LOWEST = -900
"""Tenths of dB of which the power is 1."""

_POWERS = np.array([round(10 ** ((n - _LOWEST) / 100)) for n in range(NO_PACKET, 1)], np.int64)
"""By level, from `NO_PACKET` on: 10^9 at full scale, so that hours of it can be added."""

_PARTS = 100
_AS_LOUD = int(_PARTS * 10 ** (LOUDER / 100))
"""Hundredths by which the power is multiplied of who is so much louder."""


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
    own, theirs = _powers(one, one.levels), _powers(one, loudest)
    is_own = theirs * _PARTS < own * _AS_LOUD
    return replace(one, begins=one.begins[is_own], ends=one.ends[is_own])


def _powers(one: Talking, levels: Levels) -> NDArray[np.int64]:
    """Return the power of each spurt of a recording, by some levels of that time."""
    total = np.concatenate([[0], np.cumsum(_POWERS[levels.clip(NO_PACKET, 0) - NO_PACKET])])
    sums: NDArray[np.int64] = total[one.ends] - total[one.begins]
    return sums
