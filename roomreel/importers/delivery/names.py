"""Names of people, from fields that applications fill with whatever they like."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MEMBERS = ("name", "displayName", "userName", "username", "identity", "userId", "clientData")
"""The members that hold a name, the likeliest first."""

LONGEST = 100
"""Characters of a name; what is longer is something else."""

_PAIR = re.compile(r"(?:^|[,;&\n])\s{0,8}([A-Za-z]{1,20})\s{0,8}=\s{0,8}([^,;&\n=]{1,100})")
_WORDS = re.compile(r"[^\W\d_][^\n{}\[\]<>=&?:/\\;|%+]{0,99}")
_OPAQUE = re.compile(r"\S{25,}")
_DEEPEST = 3
"""Fields hold fields: `clientData` of one library is the JSON of another."""


def name_in(field: str | None) -> str | None:
    """Return the name in a free field, or None.

    It is the value of the likeliest member of a JSON object, or of pairs as in
    `userName=Ana,level=4`, or the whole of a text that is nothing but words. Numbers and long runs
    without a space, as tokens and keys are, are no names, except in a member that says so.
    """
    return _of_text((field or "").strip(), _DEEPEST)


def _of_text(text: str, depth: int) -> str | None:
    if not text or depth == 0:
        return None
    if text[0] in '{["':
        return _of_json(text, depth)
    pairs = {name: value.strip() for name, value in _PAIR.findall(text)}
    if pairs:
        return next(_of_members(pairs, depth), None)
    return text if _WORDS.fullmatch(text) and not _OPAQUE.search(text) else None


def _of_json(text: str, depth: int) -> str | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, str):
        return _of_text(value.strip(), depth - 1)
    return next(_of_members(value, depth), None) if isinstance(value, dict) else None


def _of_members(members: Mapping[str, Any], depth: int) -> Iterator[str]:
    for member in MEMBERS:
        value = members.get(member)
        if isinstance(value, dict):
            yield from _of_members(value, depth - 1) if depth > 1 else ()
        elif isinstance(value, int) and not isinstance(value, bool):
            yield str(value)
        elif isinstance(value, str) and value.strip()[:1] in ("{", "["):
            found = _of_json(value.strip(), depth - 1) if depth > 1 else None
            yield from () if found is None else (found,)
        elif isinstance(value, str) and 0 < len(value.strip()) <= LONGEST:
            yield value.strip()
