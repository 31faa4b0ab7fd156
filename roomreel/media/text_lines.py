"""The lines of a text: where it is broken, and where it is cut."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence

from uniseg.graphemecluster import grapheme_clusters
from uniseg.linebreak import line_break_units

ELLIPSIS = "…"

LONGEST_CHARACTER = 32
"""Code points: a family of emoji with tones of skin has 11, and some stack marks for fun."""

Fits = Callable[[str], bool]
"""Says of a text that it fits into a line."""


def broken(text: str, most: int, fits: Fits) -> list[str]:
    """Return a text in at most so many lines; one that has no room ends in an ellipsis.

    A line ends where a line feed is, else where words may be parted, else after a whole character
    of a reader, however many code points that is.
    """
    lines: list[str] = []
    for line, rest, is_last in _filled(text, fits):
        if len(lines) == most - 1 and not is_last:
            return [*lines, _cut(line + rest, fits)]
        lines.append(line.rstrip())
    return lines


def first_strong(text: str) -> str:
    """Return the direction of the first character that has one: "L" or "R"."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return "L" if direction == "L" else "R"
    return "L"


def _filled(text: str, fits: Fits) -> Iterator[tuple[str, str, bool]]:
    """Yield each line, what is left of its paragraph, and whether nothing comes after it."""
    paragraphs = text.split("\n")
    for number, paragraph in enumerate(paragraphs, 1):
        parts = [paragraph] if fits(paragraph.rstrip()) else [*line_break_units(paragraph)]
        while parts:
            count = _longest(parts, fits)
            if count == 0:  # a word that is wider than a line
                parts = [*_characters(parts[0]), *parts[1:]]
                count = max(_longest(parts, fits), 1)
            line, parts = "".join(parts[:count]), parts[count:]
            yield line, "".join(parts), not parts and number == len(paragraphs)


def _cut(line: str, fits: Fits) -> str:
    characters = [*_characters(line)]
    count = _longest(characters, lambda text: fits(text + ELLIPSIS))
    return "".join(characters[:count]).rstrip() + ELLIPSIS


def _characters(text: str) -> Iterator[str]:
    """Yield the characters of a reader; one of more code points than languages have is parted."""
    for cluster in grapheme_clusters(text):
        for start in range(0, len(cluster), LONGEST_CHARACTER):
            yield cluster[start : start + LONGEST_CHARACTER]


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
