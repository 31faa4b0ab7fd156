"""Pictures as arrays."""

from __future__ import annotations

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


def planes(frame: VideoFrame) -> tuple[Plane, ...]:
    """The planes of a picture of 8 bits in memory of its own, as arrays that share it."""
    return tuple(
        np.ndarray(
            (plane.height, plane.width), np.uint8, memoryview(plane), 0, (plane.line_size, 1)
        )
        for plane in frame.planes
    )
