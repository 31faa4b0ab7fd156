"""Signs as pixels: a microphone that is off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from roomreel.media.frames import Pixels
from roomreel.model.geometry import Size

GRID = 24
"""Units of the sides of the drawing."""

SAMPLES = 4
"""Of each side of a pixel."""

_WHITE, _RED = (255, 255, 255), (197, 34, 31)

Shape = NDArray[np.float64]
"""The distance of each sample from a shape, negative inside."""


def draw_mic_off(size: Size) -> Pixels:
    """Draw a crossed-out microphone on a disc, in the middle of a rectangle."""
    side = min(size.width, size.height)
    at = (np.arange(side * SAMPLES) + 0.5) * GRID / (side * SAMPLES)
    x, y = at[np.newaxis, :], at[:, np.newaxis]
    disc = _line(x, y, (12, 12), (12, 12), 12)
    slash = _line(x, y, (6, 6), (18, 18), 1)
    beside = _line(x, y, (6, 6), (18, 18), 2.2)
    cradle = np.where(y > 11, np.abs(np.hypot(x - 12, y - 11) - 5) - 0.9, np.inf)
    stand = _line(x, y, (12, 16), (12, 18), 0.9)
    body = _line(x, y, (12, 7), (12, 11.2), 2.7)
    mic = np.maximum(np.minimum(np.minimum(body, cradle), stand), -beside)
    white = _covered(np.minimum(mic, slash))[..., np.newaxis]
    pixels = np.zeros((size.height, size.width, 4), np.uint8)
    top, left = (size.height - side) // 2, (size.width - side) // 2
    inside = pixels[top : top + side, left : left + side]
    inside[..., :3] = np.rint(white * _WHITE + (1 - white) * _RED)
    inside[..., 3] = np.rint(_covered(disc) * 255)
    return pixels


def _line(
    x: Shape, y: Shape, start: tuple[float, float], end: tuple[float, float], radius: float
) -> Shape:
    """Return a line with round ends."""
    across, down = end[0] - start[0], end[1] - start[1]
    square = across**2 + down**2
    along = ((x - start[0]) * across + (y - start[1]) * down) / square if square else 0
    along = np.clip(along, 0, 1)
    away: Shape = np.hypot(x - start[0] - along * across, y - start[1] - along * down) - radius
    return away


def _covered(shape: Shape) -> NDArray[np.float64]:
    """Return how much of each pixel a shape covers."""
    side = shape.shape[0] // SAMPLES
    inside = (shape < 0).reshape(side, SAMPLES, side, SAMPLES)
    covered: NDArray[np.float64] = inside.mean(axis=(1, 3))
    return covered
