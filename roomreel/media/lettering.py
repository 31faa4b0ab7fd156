"""Texts as pixels.

Pango shapes, orders and finds fonts for each line; where a line is, is ours, since fonts differ in
where theirs would be, and no font may move what lies beside a text.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape

import numpy as np
from numpy.typing import NDArray

from roomreel.media.arcs import corner_coverage
from roomreel.media.fonts import SANS
from roomreel.media.frames import Pixels
from roomreel.media.text_lines import broken, first_strong
from roomreel.media.vips import measure, shape
from roomreel.model.geometry import Rect, Size
from roomreel.model.look import Align, Anchor, Colour, Style, Text
from roomreel.text import without_controls

# Seen by nobody, and of the direction of a line.
_MARKS = {"L": "\u200e", "R": "\u200f"}

# A line of the library's is so many sizes high, which no font exceeds. So what letters stand on is
# at one place in it, whatever fonts they are of.
_TALL = 6

_ROWS = 128

_WORD_JOINER = "\u2060"

# Other scripts are moved to where the first one of a line would have them. So each line begins with
# a letter that stands on the base line, too small to be seen.
_FIRST_LETTER = '<span size="1">A</span>'

Coverage = NDArray[np.uint8]
"""The part of each pixel that is covered, 0 to 255."""

Layer = NDArray[np.float32]
"""Premultiplied RGBA from 0 to 1, of shape (height, width, 4)."""


def draw_text(text: Text, size: Size, anchor: Anchor) -> Pixels:
    """Draw a text on its box into a rectangle of that size; of an empty one nothing is drawn.

    Args:
        anchor: where in the rectangle the box is, which is as large as the text needs.
    """
    style = text.style
    words = without_controls(text.text).strip()
    writer = _Writer(style, first_strong(words))
    room = size.width - 2 * style.edge
    pixels = np.zeros((size.height, size.width, 4), np.uint8)
    if not words:
        return pixels
    lines = broken(words, style.lines, lambda line: writer.fits(line, room))
    widths = [writer.width(line) for line in lines]
    needed = Size(max(widths) + 2 * style.edge, len(lines) * style.line_height + 2 * style.padding)
    box = _placed(needed, size, anchor)
    # Letters may hang over; what is further away is not drawn on.
    left, right = max(box.x - style.size, 0), min(box.right + style.size, size.width)
    box = Rect(box.x - left, box.y, box.width, box.height)
    letters = np.zeros((size.height, right - left, 4), np.uint8)
    for number, (line, width) in enumerate(zip(lines, widths, strict=True)):
        x = box.x + style.edge + writer.indent(max(widths) - width)
        y = box.y + style.padding + number * style.line_height + style.baseline
        writer.write(line, letters, x, y)
    pixels[:, left:right] = _layered(letters, box, style)
    return pixels


class _Writer:
    """Writes lines of one style and direction."""

    def __init__(self, style: Style, direction: str) -> None:
        self._style, self._direction = style, direction

    def fits(self, line: str, room: int) -> bool:
        """Return whether a line is no wider than that."""
        try:
            return self.width(line) <= room
        except ValueError:  # wider than any picture
            return False

    def width(self, line: str) -> int:
        """Return how many pixels a line takes, with what is blank beside its letters.

        It is as wide as a line under it, so that of digits of one width a clock is of one width.
        """
        return measure(self._marked(line, underlined=True), self._style.size) if line else 0

    def indent(self, spare: int) -> int:
        """Return how far a line is from the left that is so much narrower than the widest."""
        if self._style.align is Align.CENTER:
            return spare // 2
        is_left = (self._style.align is Align.START) == (self._direction == "L")
        return 0 if is_left else spare

    def write(self, line: str, letters: Pixels, x: int, y: int) -> None:
        """Lay the letters of a line over others; it begins at x, and they stand on y."""
        if line:
            drawn = shape(self._marked(line), self._style.size)
            _lay(letters, drawn.pixels, x + drawn.x, y + drawn.y - _baseline(self._style)[1])

    def _marked(self, line: str, *, underlined: bool = False) -> str:
        tall, _ = _baseline(self._style)
        return _markup(line, self._style, self._direction, tall, underlined=underlined)


@lru_cache(maxsize=256)
def _baseline(style: Style) -> tuple[int, int]:
    """Return the height of a line, and how far below its top letters stand.

    Half of what a line is higher than its font is above it: of two heights that differ by one, one
    has letters stand on whole pixels.
    """

    def stand(tall: int) -> tuple[int, int, int]:
        drawn = shape(_markup("H", style, "L", tall), style.size)
        return int(drawn.pixels[-1, :, 3].max()), tall, drawn.y + drawn.pixels.shape[0]

    _, tall, baseline = max(stand(_TALL * style.size + odd) for odd in (0, 1))
    return tall, baseline


def _markup(line: str, style: Style, direction: str, tall: int, *, underlined: bool = False) -> str:
    family = SANS if style.font == "sans" else without_controls(style.font)
    slant = "italic" if style.italic else "normal"
    color = Colour(style.color.red, style.color.green, style.color.blue)
    under = ' underline="single"' if underlined else ""
    return (
        f'<span lang="en" font_family="{escape(family)}" weight="{style.weight}"'
        f' style="{slant}" fgcolor="{color}">'
        f'<span line_height="{tall * 1024}">{_MARKS[direction]}{_WORD_JOINER}</span>{_FIRST_LETTER}'
        f"<span{under}>{escape(line)}</span></span>"
    )


def _placed(needed: Size, size: Size, anchor: Anchor) -> Rect:
    """Return the place of something in a rectangle of a size, which it does not leave."""
    width, height = min(needed.width, size.width), min(needed.height, size.height)
    right, low = size.width - width, size.height - height
    shares = {Align.START: 0, Align.CENTER: 1, Align.END: 2}
    x, y = right * shares[anchor.across] // 2, low * shares[anchor.down] // 2
    return Rect(x, y, width, height)


def _lay(under: Pixels, over: Pixels, x: int, y: int) -> None:
    """Lay pixels over others where they cover more; what is outside is cut off."""
    height, width = under.shape[:2]
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + over.shape[1], width), min(y + over.shape[0], height)
    if left >= right or top >= bottom:
        return
    below = under[top:bottom, left:right]
    above = over[top - y : bottom - y, left - x : right - x]
    np.copyto(below, above, where=above[..., 3:] > below[..., 3:])


def _layered(letters: Pixels, box: Rect, style: Style) -> Pixels:
    """Return letters over their outline over their box."""
    below: list[tuple[Coverage, Colour]] = []
    if style.outline.width:
        below.append((dilated(letters[..., 3], style.outline.width), style.outline.color))
    if style.box:
        ground = np.zeros(letters.shape[:2], np.uint8)
        ground[box.y : box.bottom, box.x : box.right] = rounded(
            Size(box.width, box.height), style.box.radius
        )
        below.append((ground, style.box.color))
    pixels = np.empty_like(letters)
    for top in range(0, len(letters), _ROWS):  # a large picture at once would be a GB of floats
        rows = slice(top, top + _ROWS)
        drawn = _premultiplied(letters[rows], style.color.alpha)
        for coverage, color in below:
            drawn = _over(drawn, _coloured(coverage[rows], color))
        pixels[rows] = _straight(drawn)
    return pixels


def rounded(size: Size, radius: int) -> Coverage:
    """Return how much of each pixel a rectangle with rounded corners covers."""
    coverage = np.full((size.height, size.width), 255, np.uint8)
    radius = min(radius, size.width // 2, size.height // 2)
    corner = np.rint(corner_coverage(radius, radius) * 255).astype(np.uint8)
    for turned in (coverage, coverage[::-1], coverage[:, ::-1], coverage[::-1, ::-1]):
        turned[:radius, :radius] = corner
    return coverage


def dilated(coverage: Coverage, radius: int) -> Coverage:
    """Return a coverage widened by a disc."""
    height, width = coverage.shape
    wide = np.pad(coverage, radius)
    result = np.zeros_like(coverage)
    for down in range(-radius, radius + 1):
        reach = min(int(np.sqrt((radius + 0.5) ** 2 - down**2)), radius)
        rows = wide[radius + down : radius + down + height, radius - reach :]
        np.maximum(result, _highest(rows, 2 * reach + 1)[:, :width], out=result)
    return result


def _highest(rows: Coverage, count: int) -> Coverage:
    """Return the highest of so many neighbours from each pixel on to the right."""
    span = 1
    while 2 * span <= count:
        rows = np.maximum(rows[:, :-span], rows[:, span:])
        span *= 2
    left = count - span
    return np.maximum(rows[:, : rows.shape[1] - left], rows[:, left:]) if left else rows


def _coloured(coverage: Coverage, color: Colour) -> Layer:
    levels = np.array([color.red, color.green, color.blue, 255], np.float32)
    layer: Layer = coverage[..., None].astype(np.float32) * levels
    layer *= np.float32(color.alpha / 255**3)
    return layer


def _premultiplied(pixels: Pixels, alpha: int) -> Layer:
    layer: Layer = pixels.astype(np.float32)
    layer /= np.float32(255)
    layer[..., 3] *= np.float32(alpha / 255)
    layer[..., :3] *= layer[..., 3:]
    return layer


def _over(above: Layer, below: Layer) -> Layer:
    layer: Layer = above + below * (1 - above[..., 3:])
    return layer


def _straight(layer: Layer) -> Pixels:
    alpha = layer[..., 3:]
    layer[..., :3] /= np.where(alpha > 0, alpha, 1)
    pixels: Pixels = np.rint(np.minimum(layer, 1) * 255).astype(np.uint8)
    return pixels
