"""Does a finished frame show what its witness says? In words, where it does not."""

from __future__ import annotations

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from roomreel.media.planes import planes
from roomreel.model.plan import Scene
from roomreel.render.canvas import BLACK
from roomreel.render.witness import OUTSIDE, Spots, levels

TOLERANCE = np.array([10.0, 8.0, 8.0])
"""Levels of 255 of Y, U and V by which a coder may move what it was given, on average over the
spots of a cell. On noise, which is worst, drafts stay below 1.2, 1.8, 1.8 in a picture; x264 at crf
51, its end, below 4, 3, 3, and moves black (a single spot, maybe) by 8. Two rooms differ by 20."""

SPOT_TOLERANCE = 24
"""The same of a single spot; 7 is the worst at our qualities, 11 at crf 51."""

Levels = NDArray[np.float64]


def difference(frame: VideoFrame, spots: Spots, scene: Scene) -> str:
    """What a frame shows otherwise than it should, in words; "" where it does not.

    Args:
        frame: decoded from the finished file, yuv420p.
        spots: all that is known of it.
        scene: the one it lies in.
    """
    found = levels(planes(frame), spots)
    # A cell's picture and its bars are judged apart: few spots must not hide among many.
    groups = spots["placement"].astype(int) * 2 + spots["black"]
    wrong = [group for group in np.unique(groups) if not _alike(spots, found, groups == group)]
    if not wrong:
        return ""
    # A picture tells more than the black beside it.
    group = min(wrong, key=lambda group: group % 2)
    return _words(spots, found, groups == group, scene)


def _alike(spots: Spots, found: Levels, chosen: NDArray[np.bool_]) -> bool:
    return _near(found[chosen], spots["levels"][chosen])


def _near(found: Levels, wanted: NDArray[np.uint8] | tuple[int, ...]) -> bool:
    error = np.abs(found - wanted)
    return bool((error.mean(axis=0) <= TOLERANCE).all() and error.max() <= SPOT_TOLERANCE)


def _words(spots: Spots, found: Levels, chosen: NDArray[np.bool_], scene: Scene) -> str:
    first = spots[chosen][0]
    if first["placement"] == OUTSIDE:
        return "it is not black outside the cells"
    placement = scene.placements[first["placement"]]
    cell = f"cell {placement.cell} of region {placement.region!r}"
    other = _shown(spots, found[chosen], spots["place"][chosen], scene)
    if first["black"]:
        return f"{cell} shows {other} and not black" if other else f"{cell} is not black"
    if _near(found[chosen], BLACK):
        return f"{cell} is black and does not show {placement.recording_sid}"
    shows = f"shows {other} and not" if other else "does not show"
    return f"{cell} {shows} {placement.recording_sid}"


def _shown(spots: Spots, found: Levels, places: NDArray[np.uint8], scene: Scene) -> str:
    """Whose picture it is that was found at places of a cell's grid; "" for nobody's."""
    for index, placement in enumerate(scene.placements):
        its = spots[(spots["placement"] == index) & ~spots["black"]]
        common, here, there = np.intersect1d(places, its["place"], return_indices=True)
        if len(common) and _near(found[here], its["levels"][there]):
            return placement.recording_sid
    return ""
