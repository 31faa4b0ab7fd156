"""Shapes of cells as pixels: borders, and what stands for people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from uniseg.graphemecluster import grapheme_clusters

from roomreel.media.arcs import corner_radius
from roomreel.media.frames import Pixels
from roomreel.media.lettering import Coverage, draw_text, rounded
from roomreel.model.geometry import Size
from roomreel.model.look import WHITE, Align, Anchor, Border, Colour, Initials, Style, Text

SMALLEST_LETTERS = 6
"""Pixels; smaller ones are left out."""

_NON_JOINER = "\u200c"
_NIGHT = Colour(16, 18, 24)
_DARK = Colour(17, 17, 17)


def draw_border(border: Border, size: Size) -> Pixels:
    """Draw a line along the inside of a rectangle, with rounded corners."""
    radius = corner_radius(border.radius, size)
    coverage = rounded(size, radius)
    inner = Size(size.width - 2 * border.width, size.height - 2 * border.width)
    if min(inner.width, inner.height) > 0:
        inside = slice(border.width, -border.width)
        coverage[inside, inside] -= rounded(inner, max(radius - border.width, 0))
    return _coloured(coverage, border.color)


def draw_initials(initials: Initials, size: Size) -> Pixels:
    """Draw initials on a disc in the middle of a darker ground."""
    color = initials.color
    pixels = _coloured(np.full((size.height, size.width), 255, np.uint8), _mixed(color, _NIGHT, 28))
    side = max(min(size.width, size.height) * 9 // 20 // 2 * 2, 2)
    x, y = (size.width - side) // 2, (size.height - side) // 2
    disc = rounded(Size(side, side), side // 2)
    _lay(pixels[y : y + side, x : x + side], _coloured(disc, replace(color, alpha=255)))
    letters = side * 2 // 5
    if letters >= SMALLEST_LETTERS:
        ink = WHITE if _is_dark(color) else _DARK
        style = Style(weight=600, size=letters, color=ink, box=None, align=Align.CENTER)
        _lay(pixels, draw_text(Text(_shown(initials.text), style), size, Anchor.CENTER))
    return pixels


def cut_corners(pixels: Pixels, radius: int) -> None:
    """Take away what lies outside of the rounded corners of a rectangle."""
    size = Size(pixels.shape[1], pixels.shape[0])
    coverage = rounded(size, corner_radius(radius, size)).astype(np.uint16)
    pixels[..., 3] = (pixels[..., 3] * coverage + 127) // 255


def _shown(text: str) -> str:
    """Return initials as they are shown: capitals, which no script joins."""
    return _NON_JOINER.join(map(_capital, grapheme_clusters(text)))


def _capital(character: str) -> str:
    upper = character.upper()
    return upper if len(upper) == len(character) else character


def _is_dark(color: Colour) -> bool:
    return 299 * color.red + 587 * color.green + 114 * color.blue < 160_000


def _mixed(color: Colour, other: Colour, per_cent: int) -> Colour:
    """Return a mixture of so much of a colour and the rest of another one."""
    red, green, blue = (
        (one * per_cent + two * (100 - per_cent) + 50) // 100
        for one, two in (
            (color.red, other.red),
            (color.green, other.green),
            (color.blue, other.blue),
        )
    )
    return Colour(red, green, blue, color.alpha)


def _coloured(coverage: Coverage, color: Colour) -> Pixels:
    """Return one colour where something is covered."""
    pixels = np.empty((*coverage.shape, 4), np.uint8)
    pixels[..., :3] = color.red, color.green, color.blue
    pixels[..., 3] = (coverage.astype(np.uint16) * color.alpha + 127) // 255
    return pixels


def _lay(pixels: Pixels, over: Pixels) -> None:
    """Lay colours over others; how opaque these are stays."""
    part = over[..., 3:].astype(np.uint16)
    pixels[..., :3] = (pixels[..., :3] * (255 - part) + over[..., :3] * part + 127) // 255
