"""Rounded corners: what lies outside of them stays as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from roomreel.media.arcs import corner_coverage, corner_radius
from roomreel.media.frames import Plane
from roomreel.model.geometry import Rect, Size

WHOLE = 256
"""The coverage of a pixel that is wholly inside."""


@dataclass(frozen=True, slots=True)
class Corner:
    """The square of a corner, and how much of each sample of Y, U and V in it is covered."""

    rect: Rect
    coverages: tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint16]]


@contextmanager
def round_corners(planes: Sequence[Plane], area: Rect, radius: int, clip: Rect) -> Iterator[None]:
    """Leave what lies outside the corners of `area` as it is, whatever the block paints.

    Args:
        planes: of a whole yuv420p picture.
        area: even edges.
        radius: pixels; at most half of the shorter side counts, an even number of them.
        clip: no pixel outside is looked at, or touched.
    """
    kept = [
        (plane[rect.rows(step), rect.columns(step)], coverage)
        for corner in corners_of(area, radius)
        if (rect := corner.rect.common(clip)).width and rect.height
        for plane, step, coverage in _samples(planes, corner, rect)
    ]
    under = [(view, view.copy(), coverage) for view, coverage in kept]
    yield
    for view, below, coverage in under:
        view[:] = (view * coverage + below * (WHOLE - coverage) + WHOLE // 2) >> 8


@lru_cache(1024)
def corners_of(area: Rect, radius: int) -> tuple[Corner, ...]:
    """Return the four corners of a rectangle of even edges; none where nothing is rounded."""
    radius = corner_radius(radius, Size(area.width, area.height))
    if not radius:
        return ()
    side = radius + radius % 2
    luma = np.rint(corner_coverage(radius, side) * WHOLE).astype(np.uint16)
    chroma = (luma[::2, ::2] + luma[1::2, ::2] + luma[::2, 1::2] + luma[1::2, 1::2] + 2) // 4
    found = []
    for y, down in ((area.y, 1), (area.bottom - side, -1)):
        for x, across in ((area.x, 1), (area.right - side, -1)):
            turned = [coverage[::down, ::across] for coverage in (luma, chroma)]
            found.append(Corner(Rect(x, y, side, side), (turned[0], turned[1], turned[1])))
    return tuple(found)


def _samples(
    planes: Sequence[Plane], corner: Corner, rect: Rect
) -> Iterator[tuple[Plane, int, NDArray[np.uint16]]]:
    """Yield each plane, its pixels a sample, and the coverage of a part of a corner."""
    inside = Rect(rect.x - corner.rect.x, rect.y - corner.rect.y, rect.width, rect.height)
    for plane, step, coverage in zip(planes, (1, 2, 2), corner.coverages, strict=True):
        yield plane, step, coverage[inside.rows(step), inside.columns(step)]
