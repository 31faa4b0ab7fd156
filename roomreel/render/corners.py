"""Rounded corners: what lies outside of them stays as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from roomreel.media.arcs import corner_coverage, corner_radius
from roomreel.media.facing import Facing, Values
from roomreel.media.frames import Plane
from roomreel.model.geometry import Rect, Size

WHOLE = 256
"""The coverage of a pixel that is wholly inside."""


@dataclass(frozen=True, slots=True)
class Corners:
    """The squares of the corners of a rectangle.

    Attributes:
        shares: how much of each sample of Y, U and V is covered, and how much is not, of `WHOLE`.
    """

    squares: Facing
    shares: tuple[tuple[Values, Values], ...]


@contextmanager
def round_corners(planes: Sequence[Plane], area: Rect, radius: int, clip: Rect) -> Iterator[None]:
    """Leave what lies outside the corners of `area` as it is, whatever the block paints.

    Args:
        planes: of a whole yuv420p picture.
        area: even edges.
        radius: pixels; at most half of the shorter side counts, an even number of them.
        clip: no pixel outside is looked at, or touched.
    """
    corners = corners_of(area, radius)
    if corners is None:
        yield
        return
    kept = []
    for view, covered, rest in corners.squares.samples(planes, clip, corners.shares):
        below = view.astype(np.uint16)
        below *= rest
        kept.append((view, covered, below))
    yield
    for view, covered, below in kept:
        mixed = view.astype(np.uint16)
        mixed *= covered
        mixed += below
        mixed += WHOLE // 2
        mixed >>= 8
        view[:] = mixed


@lru_cache(1024)
def corners_of(area: Rect, radius: int) -> Corners | None:
    """Return the corners of a rectangle of even edges; None where nothing is rounded."""
    radius = corner_radius(radius, Size(area.width, area.height))
    if not radius:
        return None
    side = radius + radius % 2
    luma = np.rint(corner_coverage(radius, side) * WHOLE).astype(np.uint16)
    chroma = (luma[::2, ::2] + luma[1::2, ::2] + luma[::2, 1::2] + luma[1::2, 1::2] + 2) // 4
    luma, chroma = _turned(luma), _turned(chroma)
    squares = Facing(area, Rect(area.x, area.y, side, side))
    shares = [(covered, WHOLE - covered) for covered in (luma, chroma, chroma)]
    return Corners(squares, tuple(shares))


def _turned(coverage: Values) -> Values:
    """Return that of four corners, of shape (2, 2, side, side), of that of the upper left one."""
    turns = (1, -1)
    return np.array([[coverage[::down, ::across] for across in turns] for down in turns])
