"""Sources of sound as texts, which is what clients know of them: lists of strings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from roomreel.documents.identity import canonical_json
from roomreel.documents.text import read


def source_of(text: str) -> Any:
    """Return the source that a text is: the object where it is one of JSON, else the text."""
    if not text.startswith("{"):
        return text
    found = read(text.encode())
    return text if found.findings else found.value


def source_texts(sources: Iterable[str | Mapping[str, str]]) -> list[str]:
    """Return sources as texts, of which `source_of` makes them again."""
    return [one if isinstance(one, str) else canonical_json(one) for one in sources]
