"""Edges: what begins and ends with the composition, though its timestamps are a moment off."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction

from roomreel.model.room import MediaType
from roomreel.plan.usable import Usable


def snap_to_edges(
    usable: Mapping[str, Usable], composed: Collection[str], rate: Fraction
) -> dict[str, Usable]:
    """Return the recordings, with videos that miss an edge by less than half a frame brought to it.

    A microphone often begins a little before its camera, by 0.5 ms where timestamps of Opus are
    rounded, and ends a little after. For that the first and the last frame would be black, and
    every other one would show the picture before its own. So a video that starts so little after
    the first of all is shown earlier by as much (frames are no more exact), and the last picture of
    one that ends so little before the last of all is held until then. Sound stays where it is.

    Args:
        composed: sids of those that may be seen or heard: the others move nothing.
        rate: frames a second of the composition.
    """
    start = min((usable[sid].span.start for sid in composed), default=Fraction(0))
    begun = {
        sid: source.earlier(source.span.start - start)
        if _is_near(source, source.span.start - start, rate)
        else source
        for sid, source in usable.items()
    }
    end = max((begun[sid].span.end for sid in composed), default=Fraction(0))
    return {
        sid: source.ending_at(end) if _is_near(source, end - source.span.end, rate) else source
        for sid, source in begun.items()
    }


def _is_near(source: Usable, off: Fraction, rate: Fraction) -> bool:
    return source.recording.type is MediaType.VIDEO and 2 * off * rate < 1
