"""Compare a finished frame with its fingerprint, and say in words how it differs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomreel.media.frames import VideoFrame, planes
from roomreel.model.look import BLACK
from roomreel.render.layers import Black, Cell, Drawn, Layers
from roomreel.render.spots import SampleBlocks, levels

TOLERANCE = np.array([10.0, 8.0, 8.0])
"""Levels of 255 of Y, U and V by which a coder may move what it was given, on average over the
spots of a cell. On noise, which is worst, drafts stay below 1.2, 1.8, 1.8 in a picture; x264 at crf
51, its end, below 4, 3, 3, and moves black (a single spot, maybe) by 8. Two rooms differ by 20."""

BLACK_LEVELS = (16, 128, 128)
"""Of every matrix."""

BLOCK_TOLERANCE = 24
"""The same of a single spot; 7 is the worst at our qualities, 11 at crf 51."""

_Found = NDArray[np.float64]


def difference(frame: VideoFrame, blocks: SampleBlocks, layers: Layers) -> str:
    """Return in words how a frame differs from its fingerprint, or "".

    Args:
        frame: decoded from the finished file, yuv420p.
        blocks: of its fingerprint.
        layers: of the frame.
    """
    found = levels(planes(frame), blocks)
    # A cell's picture and its bars are judged apart: few blocks must not hide among many.
    groups = blocks["layer"].astype(int) * 2 + blocks["plain"]
    wrong = [group for group in np.unique(groups) if not _alike(blocks, found, groups == group)]
    if not wrong:
        return ""
    # A picture says more than the colour beside it.
    group = min(wrong, key=lambda group: (group % 2, not isinstance(layers[group // 2], Cell)))
    return _words(blocks, found, groups == group, layers)


def _alike(blocks: SampleBlocks, found: _Found, chosen: NDArray[np.bool_]) -> bool:
    return _near(found[chosen], blocks["levels"][chosen])


def _near(found: _Found, wanted: NDArray[np.uint8] | tuple[int, ...]) -> bool:
    error = np.abs(found - wanted)
    return bool((error.mean(axis=0) <= TOLERANCE).all() and error.max() <= BLOCK_TOLERANCE)


def _words(blocks: SampleBlocks, found: _Found, chosen: NDArray[np.bool_], layers: Layers) -> str:
    first = blocks[chosen][0]
    layer = layers[first["layer"]]
    if isinstance(layer, Black):
        return f"it is not {layer.words}"
    if isinstance(layer, Drawn):
        return f"{layer.words} is not as it was planned"
    other = _shown(blocks, found[chosen], blocks["place"][chosen], layers)
    if first["plain"]:
        bars = "black" if layer.ground in (BLACK, None) else str(layer.ground)
        return f"{layer.words} {f'shows {other} and' if other else 'is'} not {bars}"
    sid = layer.placement.recording_sid
    if layer.ground == BLACK and _near(found[chosen], BLACK_LEVELS):
        return f"{layer.words} is black and does not show {sid}"
    shows = f"shows {other} and not" if other else "does not show"
    return f"{layer.words} {shows} {sid}"


def _shown(blocks: SampleBlocks, found: _Found, places: NDArray[np.uint8], layers: Layers) -> str:
    """Return the recording whose picture was found at places of a cell's grid, or ""."""
    for number in layers.cells:
        its = blocks[(blocks["layer"] == number) & ~blocks["plain"]]
        common, here, there = np.intersect1d(places, its["place"], return_indices=True)
        if len(common) and _near(found[here], its["levels"][there]):
            layer = layers[number]
            return layer.placement.recording_sid if isinstance(layer, Cell) else ""
    return ""
