"""Rounded corners: how much of each pixel is inside of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomreel.model.geometry import Size


def corner_radius(radius: int, size: Size) -> int:
    """Return the radius of the corners of a rectangle that is asked to have one.

    What limits it is an even number of pixels: two corners share no sample of chroma.
    """
    return min(radius, size.width // 4 * 2, size.height // 4 * 2)


def corner_coverage(radius: int, side: int) -> NDArray[np.float64]:
    """Return how much of each pixel of a square, 0 to 1, is inside of the arc of its corner.

    Args:
        side: pixels of the square in the upper left corner of a rectangle, `radius` or more.
    """
    away = np.maximum(radius - 0.5 - np.arange(side), 0)  # from the middle of the arc's circle
    distance = np.hypot(away[np.newaxis, :], away[:, np.newaxis])
    covered: NDArray[np.float64] = np.clip(radius + 0.5 - distance, 0, 1)
    return covered
