"""The header Range (RFC 9110, 14): which bytes of a file are asked for.

A header that says nothing of use is passed over, and all of the file is the answer, as the standard
wants it.
"""

from __future__ import annotations

import re

MOST_RANGES = 16
"""Players ask for one at a time; readers of documents for a few."""

_BYTES = re.compile(r"bytes=(.*)", re.IGNORECASE | re.DOTALL)
_ONE = re.compile(
    r"[ \t]*(?:(?P<first>[0-9]{1,19})-(?P<last>[0-9]{0,19})|-(?P<end>[0-9]{1,19}))[ \t]*"
)

Ranges = list[tuple[int, int]]
"""First byte of each, and the one after its last."""


def ranges_of(header: str, size: int) -> Ranges | None:
    """Return the ranges that there are of those that are asked for; none are empty.

    Args:
        size: of the file, in bytes.

    Returns:
        None where the header is to be passed over; nothing where the file has none of the bytes.
    """
    match = _BYTES.fullmatch(header)
    asked = [part for part in match[1].split(",") if part.strip(" \t")] if match else []
    if not 1 <= len(asked) <= MOST_RANGES:
        return None
    found = [_range_of(part, size) for part in asked]
    if None in found:
        return None
    return [one for one in found if one is not None and one[0] < one[1]]


def _range_of(text: str, size: int) -> tuple[int, int] | None:
    """Return a range, empty where the file has nothing of it; None where it is none."""
    match = _ONE.fullmatch(text)
    if match is None:
        return None
    if match["end"] is not None:
        return max(size - int(match["end"]), 0), size if int(match["end"]) else 0
    first, last = int(match["first"]), match["last"]
    if last and int(last) < first:
        return None
    return first, min(int(last) + 1, size) if last else size
