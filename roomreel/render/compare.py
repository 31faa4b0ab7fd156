"""Compare a finished frame with its fingerprint, and say in words how it differs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomreel.media.frames import VideoFrame, planes
from roomreel.model.plan import Scene
from roomreel.render.canvas import BLACK
from roomreel.render.fingerprint import OUTSIDE, SampleBlocks, levels

TOLERANCE = np.array([10.0, 8.0, 8.0])
"""Levels of 255 of Y, U and V by which a coder may move what it was given, on average over the
spots of a cell. On noise, which is worst, drafts stay below 1.2, 1.8, 1.8 in a picture; x264 at crf
51, its end, below 4, 3, 3, and moves black (a single spot, maybe) by 8. Two rooms differ by 20."""

BLOCK_TOLERANCE = 24
"""The same of a single spot; 7 is the worst at our qualities, 11 at crf 51."""

Levels = NDArray[np.float64]


def difference(frame: VideoFrame, blocks: SampleBlocks, scene: Scene) -> str:
    """Return in words how a frame differs from its fingerprint, or "".

    Args:
        frame: decoded from the finished file, yuv420p.
        blocks: of its fingerprint.
        scene: the one it lies in.
    """
    found = levels(planes(frame), blocks)
    # A cell's picture and its bars are judged apart: few blocks must not hide among many.
    groups = blocks["placement"].astype(int) * 2 + blocks["black"]
    wrong = [group for group in np.unique(groups) if not _alike(blocks, found, groups == group)]
    if not wrong:
        return ""
    # A picture says more than the black beside it.
    group = min(wrong, key=lambda group: group % 2)
    return _words(blocks, found, groups == group, scene)


def _alike(blocks: SampleBlocks, found: Levels, chosen: NDArray[np.bool_]) -> bool:
    return _near(found[chosen], blocks["levels"][chosen])


def _near(found: Levels, wanted: NDArray[np.uint8] | tuple[int, ...]) -> bool:
    error = np.abs(found - wanted)
    return bool((error.mean(axis=0) <= TOLERANCE).all() and error.max() <= BLOCK_TOLERANCE)


def _words(blocks: SampleBlocks, found: Levels, chosen: NDArray[np.bool_], scene: Scene) -> str:
    first = blocks[chosen][0]
    if first["placement"] == OUTSIDE:
        return "it is not black outside the cells"
    placement = scene.placements[first["placement"]]
    cell = f"cell {placement.cell} of region {placement.region!r}"
    other = _shown(blocks, found[chosen], blocks["place"][chosen], scene)
    if first["black"]:
        return f"{cell} shows {other} and not black" if other else f"{cell} is not black"
    if _near(found[chosen], BLACK):
        return f"{cell} is black and does not show {placement.recording_sid}"
    shows = f"shows {other} and not" if other else "does not show"
    return f"{cell} {shows} {placement.recording_sid}"


def _shown(blocks: SampleBlocks, found: Levels, places: NDArray[np.uint8], scene: Scene) -> str:
    """Return the recording whose picture was found at places of a cell's grid, or ""."""
    for index, placement in enumerate(scene.placements):
        its = blocks[(blocks["placement"] == index) & ~blocks["black"]]
        common, here, there = np.intersect1d(places, its["place"], return_indices=True)
        if len(common) and _near(found[here], its["levels"][there]):
            return placement.recording_sid
    return ""
