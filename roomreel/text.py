"""Words for people: counts, lists, near misses of a name, and text that is safe to show."""

from __future__ import annotations

import difflib
import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable

from roomreel.errors import NotFound

# A name may be as long as a document; difflib is quadratic in it.
_GUESSED_CHARACTERS = 64
_MOST_LISTED = 12
"""More than that is too much for one line."""

LONGEST_NAME = 40
"""Characters of a name of a person that are shown where there is little room."""

JOINERS = "\u200c\u200d"
"""Zero-width non-joiner and joiner: unseen, but part of Persian and Indic words and of emoji."""

SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""They colour the emoji before."""

_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))
"""Two of them are the flag of a country."""

_VIRAMA = 9
"""The combining class of the signs that join consonants of Indic scripts."""

SHOWN_CHARACTERS = 60
"""Enough to recognise a value, few enough that a line of output stays a line."""


def did_you_mean(word: str, known: Iterable[str], called: Callable[[str], str] = str) -> str:
    """Return a hint that names the known word closest to a mistyped one, as it is called, or ""."""
    if len(word) > _GUESSED_CHARACTERS:
        return ""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f'did you mean "{called(close[0])}"?' if close else ""


def listed(names: Iterable[str]) -> str:
    """Return the different names in order, each with its count where it comes more than once."""
    counts = sorted(Counter(names).items())
    words = [name if count == 1 else f"{name} ({count})" for name, count in counts]
    more = len(words) - _MOST_LISTED
    return ", ".join(words[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def counted(count: int, noun: str) -> str:
    """Return a count and its noun, which takes an s where it is not one: "2 rooms"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def size_text(count: int) -> str:
    """Return a number of bytes in the unit that people use: "42.0 GB"."""
    for unit, scale in (("GB", 10**9), ("MB", 10**6)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return counted(count, "byte")


def no_such(kind: str, name: str, known: Iterable[str | None]) -> NotFound:
    """Return the error of a name that nothing of its kind has, with those there are.

    Args:
        kind: what it is a name of, in the singular.
        name: what was asked for.
        known: the names there are, of which one may be meant; None: one without a name.
    """
    known = sorted({one for one in known if one})
    there_are = f"there are: {listed(known)}" if known else f"there is no {kind} at all"
    return NotFound(f"there is no {kind} {name!r}", did_you_mean(name, known) or there_are)


def printable(text: str) -> str:
    r"""Return the text with control, bidi and other unseen characters as \uXXXX."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def shortened(text: str, most: int = SHOWN_CHARACTERS) -> str:
    """Return the beginning of a text, safe to print, with its length where it is cut."""
    if len(text) <= most:
        return printable(text)
    return f"{printable(text[:most])}… ({len(text)} characters)"


def without_controls(text: str) -> str:
    """Return a text without what is no character to a reader, but changes how others are shown.

    Joiners and ends of lines stay; so does a character that is not known (yet).
    """
    return "".join(c if c in JOINERS or c == "\n" else _shown(c) for c in text)


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    return " " if category in ("Cc", "Zl", "Zp") else "" if category in ("Cf", "Cs") else character


def shown_name(name: str) -> str:
    """Return a name of a person on one line, without what cannot be seen, shortened."""
    seen = (c if c.isprintable() or c in JOINERS else " " for c in name)
    shown = " ".join("".join(seen).split())
    if len(shown) <= LONGEST_NAME:
        return shown
    end = LONGEST_NAME - 1
    while end and _continues(shown[end - 1], shown[end]):
        end -= 1
    return shown[: end or LONGEST_NAME - 1] + "…"


def first_character(text: str) -> str:
    """Return the first of a text that is one character to a reader; "" of an empty one."""
    end = min(len(text), 2 if text[1:2] and all(c in _FLAG_LETTERS for c in text[:2]) else 1)
    while end < len(text) and _continues(text[end - 1], text[end]):
        end += 1
    return text[:end]


def _continues(before: str, character: str) -> bool:
    """Return whether a code point is one character to a reader with the one before."""
    is_conjunct = unicodedata.combining(before) == _VIRAMA
    joined = before == JOINERS[1] or is_conjunct or character in JOINERS + SKIN_TONES
    return joined or unicodedata.category(character).startswith("M")
