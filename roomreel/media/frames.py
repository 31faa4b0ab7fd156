"""Pictures in memory: FFmpeg's frames, and their planes as arrays."""

from __future__ import annotations

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from roomreel.model.geometry import Size

__all__ = ["Pixels", "Plane", "VideoFrame", "new_picture", "planes"]

Plane = NDArray[np.uint8]

Pixels = NDArray[np.uint8]
"""RGBA of 8 bits, sRGB, with straight alpha, of shape (height, width, 4)."""


def new_picture(size: Size) -> VideoFrame:
    """Return a picture of format yuv420p whose content is undefined."""
    return VideoFrame(size.width, size.height, "yuv420p")


def planes(frame: VideoFrame) -> tuple[Plane, ...]:
    """Return the planes of a picture of 8 bits, as arrays that share its memory."""
    return tuple(
        np.ndarray(
            (plane.height, plane.width), np.uint8, memoryview(plane), 0, (plane.line_size, 1)
        )
        for plane in frame.planes
    )
