"""Spurts of talk: where levels rise above the noise of their recording, until they fall again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from roomreel.model.talk import Sensitivity
from roomreel.talk.floors import PER_SECOND, Levels, noise_floors
from roomreel.talk.runs import Flags, Places, run_edges

LOUD_IN_A_ROW, QUIET_IN_A_ROW = 3, 15
"""Levels after which talk has begun and is over, each with the first of them."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The levels at which talk begins and ends, tenths of dB.

    Attributes:
        begin_over: above the floor; likewise `end_over`.
        begin_least: whatever the floor; likewise `end_least`.
    """

    begin_over: int
    end_over: int
    begin_least: int
    end_least: int


THRESHOLDS: Mapping[Sensitivity, Thresholds] = {
    Sensitivity.LOW: Thresholds(150, 75, -500, -560),
    Sensitivity.NORMAL: Thresholds(120, 60, -600, -660),
    Sensitivity.HIGH: Thresholds(90, 45, -650, -710),
}


def find_spurts(levels: Levels, sensitivity: Sensitivity) -> tuple[Places, Places]:
    """Return which levels spurts of talk begin with, and which are the first after them.

    Args:
        levels: of a sound index.
    """
    limits = THRESHOLDS[sensitivity]
    floors = np.repeat(noise_floors(levels), PER_SECOND)[: len(levels)]
    loud = levels >= np.maximum(floors + limits.begin_over, limits.begin_least)
    quiet = levels < np.maximum(floors + limits.end_over, limits.end_least)
    begins = _runs(loud, LOUD_IN_A_ROW)
    # After the recording it is quiet.
    ends = _runs(np.append(quiet, [True] * QUIET_IN_A_ROW), QUIET_IN_A_ROW)
    over = np.searchsorted(ends, begins)
    is_first = np.diff(over, prepend=-1) > 0
    return begins[is_first], ends[over[is_first]]


def _runs(flags: Flags, least: int) -> Places:
    """Return where stretches begin that are true for at least so many in a row."""
    begins, ends = run_edges(flags)
    return begins[ends - begins >= least]
