"""Sound of the microphones of the sample rooms: phrases, each person at a pitch of their own."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import numpy as np

from roomreel.samples.recorder import Samples

PEAK = 0.2
"""Of full scale: five can speak at once without clipping."""

SYLLABLES_PER_S = 4
RAMP_S = 0.02

Phrase = tuple[float, float]
"""Seconds of the room clock from which and until which a person speaks."""


def phrases(identity: str, length_s: float) -> tuple[Phrase, ...]:
    """Return the phrases of a person during a call of that length; the same each time."""
    return tuple(_phrases(random.Random(identity), length_s))


def _phrases(chance: random.Random, length_s: float) -> Iterator[Phrase]:
    at = chance.uniform(0.5, 2.5)
    while at < length_s:
        end = at + chance.uniform(1.5, 3.5)
        yield at, end
        at = end + chance.uniform(1.5, 4)


def is_loud(spoken: Iterable[Phrase], at: float) -> bool:
    """Return whether a syllable is sounding at that instant."""
    return any(
        start <= at < end and (at - start) * SYLLABLES_PER_S % 1 < 0.6 for start, end in spoken
    )


def sound(spoken: Iterable[Phrase], hz: float, start: float, end: float, rate: int) -> Samples:
    """Return one channel of [start, end) seconds of the room clock: a sine in syllables."""
    time = start + np.arange(round((end - start) * rate)) / rate
    level = np.zeros_like(time)
    for begin, stop in spoken:
        edges = np.clip(np.minimum(time - begin, stop - time) / RAMP_S, 0, 1)
        syllable = np.maximum(
            np.sin(np.pi * np.minimum((time - begin) * SYLLABLES_PER_S % 1 / 0.6, 1)), 0
        )
        level += edges * (0.15 + 0.85 * syllable)
    return (PEAK * level * np.sin(2 * np.pi * hz * time)).astype(np.float32)[np.newaxis]
