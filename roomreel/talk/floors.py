"""The noise of a recording: the level that a tenth of what is near by lies below."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomreel.model.sound_index import LEVEL_S, NO_PACKET
from roomreel.talk.runs import Flags, run_edges

Levels = NDArray[np.int16]

PER_SECOND = int(1 / LEVEL_S)

AROUND_S = 15
"""Seconds before and after one that count for its floor."""

LOWEST, HIGHEST = -900, -450
"""Tenths of dB between which a floor lies: what is lower is no noise of a room, what is higher is
somebody who never pauses."""

TENTH = 10

SUPPRESSED = 2 * PER_SECOND
"""Levels without a packet in a row that are silence which was not sent; more of them are a mute,
of which nothing is known."""

_AT_ONCE = 600
"""Seconds whose levels are counted together, in some megabytes."""

_KINDS = HIGHEST - LOWEST + 1


def noise_floors(levels: Levels) -> Levels:
    """Return the floor of each second, tenths of dB; within a long mute that is `LOWEST`.

    Args:
        levels: of a sound index.
    """
    counted = np.clip(levels, LOWEST, HIGHEST).astype(np.int64) - LOWEST
    known = ~muted(levels)
    seconds = -(-len(levels) // PER_SECOND)
    parts = [_floors(counted, known, at, seconds) for at in range(0, seconds, _AT_ONCE)]
    return np.concatenate([np.empty(0, np.int16), *parts])


def muted(levels: Levels) -> Flags:
    """Return which levels lie in a gap that is longer than suppressed silence."""
    begins, ends = run_edges(levels == NO_PACKET)
    found = np.zeros(len(levels), bool)
    is_long = ends - begins > SUPPRESSED
    for begin, end in zip(begins[is_long], ends[is_long], strict=True):
        found[begin:end] = True
    return found


def lowest_tenth(levels: Levels) -> int | None:
    """Return the level that a tenth of those that are known lie below; None where none is."""
    known = levels[levels != NO_PACKET]
    rank = len(known) // TENTH
    return int(np.partition(known, rank)[rank]) if len(known) else None


def _floors(counted: NDArray[np.int64], known: Flags, begin: int, seconds: int) -> Levels:
    """Return the floors of some seconds from one on."""
    end = min(begin + _AT_ONCE, seconds)
    first, last = max(begin - AROUND_S, 0), min(end + AROUND_S, seconds)
    part = slice(first * PER_SECOND, last * PER_SECOND)
    second = np.arange(len(counted[part])) // PER_SECOND
    cells = (second * _KINDS + counted[part])[known[part]]
    counts = np.bincount(cells, minlength=(last - first) * _KINDS).reshape(-1, _KINDS)
    so_far = np.zeros((last - first + 1, _KINDS), np.int32)
    np.cumsum(counts, axis=0, out=so_far[1:])
    here = np.arange(begin - first, end - first)
    until, since = np.minimum(here + AROUND_S + 1, last - first), np.maximum(here - AROUND_S, 0)
    below = np.cumsum(so_far[until] - so_far[since], axis=1, dtype=np.int32)
    found: Levels = np.argmax(below > below[:, -1:] // TENTH, axis=1).astype(np.int16) + LOWEST
    return found
