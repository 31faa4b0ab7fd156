"""The lines of a text: where it is broken, and where it is cut."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

from uniseg.graphemecluster import grapheme_clusters
from uniseg.linebreak import line_break_units

ELLIPSIS = "…"

Fits = Callable[[str], bool]
"""Says of a text that it fits into a line."""


def broken(text: str, most: int, fits: Fits) -> list[str]:
    """Return a text in at most so many lines; one that has no room ends in an ellipsis.

    A line ends where a line feed is, else where words may be parted, else after a whole character
    of a reader, however many code points that is.
    """
    lines: list[str] = []
    rest = text
    while rest and len(lines) < most - 1:
        line, rest = _first_line(rest, fits)
        lines.append(line)
    if rest:
        line, _, more = rest.partition("\n")
        whole = not more.strip() and fits(line.rstrip())
        lines.append(line.rstrip() if whole else _cut(line, fits))
    return lines


def first_strong(text: str) -> str:
    """Return the direction of the first character that has one: "L" or "R"."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return "L" if direction == "L" else "R"
    return "L"


def _first_line(text: str, fits: Fits) -> tuple[str, str]:
    """Return the first line of a text, and what is left of it."""
    paragraph, feed, after = text.partition("\n")
    units = list(line_break_units(paragraph))
    count = _longest(units, fits)
    if count == len(units):
        return paragraph.rstrip(), after
    if count == 0:
        units = list(grapheme_clusters(paragraph))
        count = max(_longest(units, fits), 1)
    line, rest = "".join(units[:count]), "".join(units[count:])
    return line.rstrip(), rest + feed + after


def _cut(line: str, fits: Fits) -> str:
    clusters = list(grapheme_clusters(line))
    count = _longest(clusters, lambda text: fits(text + ELLIPSIS))
    return "".join(clusters[:count]).rstrip() + ELLIPSIS


def _longest(parts: Sequence[str], fits: Fits) -> int:
    """Return how many parts, from the first one, fit; widths of texts rise with their length."""

    def fitting(count: int) -> bool:
        return fits("".join(parts[:count]).rstrip())

    low, high = 0, 8
    while high < len(parts) and fitting(high):
        low, high = high, 2 * high
    high = min(high, len(parts))
    if fitting(high):
        return high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fitting(middle) else (low, middle)
    return low
