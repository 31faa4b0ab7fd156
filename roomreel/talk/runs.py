"""Stretches of flags."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Places = NDArray[np.intp]


def run_edges(flags: Flags) -> tuple[Places, Places]:
    """Return where the stretches that are true begin, and where they end."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return edges[::2], edges[1::2]


def counts_before(flags: Flags) -> Places:
    """Return how many of the flags before each place are true, and of all of them."""
    return np.concatenate([[0], np.cumsum(flags)])
