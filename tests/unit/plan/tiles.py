"""Overlays of plans by cell and frame, as tests of tiles look at them."""

from __future__ import annotations

from fractions import Fraction

HOLD = Fraction(5)


def shown(plan, kind):
    """By cell, the frames of what overlays of a kind show, and what that is."""
    return {
        overlay.cell: [(one.start_frame, one.end_frame, one.drawing) for one in overlay.states]
        for overlay in plan.overlays
        if overlay.kind == kind
    }


def steps(*spans, every=20):
    return [at for start, end in spans for at in range(start, end, every)]
