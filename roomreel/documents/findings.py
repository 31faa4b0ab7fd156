"""Broken rules of a document while they are collected."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from roomreel.text import SHOWN_CHARACTERS, printable, shortened

Path = tuple[str | int, ...]

# A person fixes no more by hand, and a hostile document could have millions.
MOST_FINDINGS = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule, where `path` leads from the root of the document to the value.

    Attributes:
        expected: what the rule asks for, in words.
        found: what stands there, already safe to print.
        hint: what to do about it, or "".
        offset: where in the text it stands, where the reader of the text found it; a path alone
            cannot lead into the second value of a repeated key.
    """

    path: Path
    expected: str
    found: str
    hint: str = ""
    offset: int | None = None


def value_text(value: Any) -> str:
    """Return a JSON value in a few printable words."""
    if isinstance(value, str):
        quoted = json.dumps(value[:SHOWN_CHARACTERS], ensure_ascii=False)
        left_out = len(value) > SHOWN_CHARACTERS
        return printable(quoted) + (f"… ({len(value)} characters)" if left_out else "")
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    if isinstance(value, list):
        return f"an array of {len(value)}" if value else "an empty array"
    return json.dumps(value)


def pointer(path: Path) -> str:
    """Return the JSON pointer (RFC 6901) of a path, printable and with huge keys shortened."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "".join(f"/{shortened(part)}" for part in parts)
