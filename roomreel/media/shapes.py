"""Shapes of cells as pixels: borders."""

from __future__ import annotations

import numpy as np

from roomreel.media.frames import Pixels
from roomreel.media.lettering import Coverage, rounded
from roomreel.model.geometry import Size
from roomreel.model.look import Border, Colour


def draw_border(border: Border, size: Size) -> Pixels:
    """Draw a line along the inside of a rectangle, with rounded corners."""
    radius = min(border.radius, size.width // 4 * 2, size.height // 4 * 2)  # as those of cells
    coverage = rounded(size, radius)
    inner = Size(size.width - 2 * border.width, size.height - 2 * border.width)
    if min(inner.width, inner.height) > 0:
        inside = slice(border.width, -border.width)
        coverage[inside, inside] -= rounded(inner, max(radius - border.width, 0))
    return coloured(coverage, border.color)


def coloured(coverage: Coverage, color: Colour) -> Pixels:
    """Return one colour where something is covered."""
    pixels = np.empty((*coverage.shape, 4), np.uint8)
    pixels[..., :3] = color.red, color.green, color.blue
    pixels[..., 3] = (coverage.astype(np.uint16) * color.alpha + 127) // 255
    return pixels
