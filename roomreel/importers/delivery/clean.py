"""Cleaning of what readers pass on: no secret stays, and no query of a URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from roomreel.documents.import_record import LONGEST_TEXT
from roomreel.model.location import without_secrets
from roomreel.redaction import redacted

_SECRET = re.compile(
    r"passw|passcode|passphrase|secret|token|credential|signature|authorization|cookie|jwt"
    r"|api_?-?key|private_?-?key|access_?-?key|stream_?-?key|account_?-?sid",
    re.IGNORECASE,
)
_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")
"""Characters that no document may have."""

_RUN = re.compile(r"[^\s\"'<>]+")


def clean_text(text: str) -> str:
    """Return a text of ours without secrets, and no longer than a record has it."""
    return redacted(_without_queries(text))[:LONGEST_TEXT]


def clean_name(text: str) -> str:
    """Return a name, likewise, but as it is save for user, query and fragment of URLs in it."""
    return _without_queries(text)[:LONGEST_TEXT]


def _without_queries(text: str) -> str:
    text = _UNSTORABLE.sub("\ufffd", text)
    if "://" not in text:
        return text
    return _RUN.sub(lambda run: without_secrets(run[0]) if "://" in run[0] else run[0], text)


def clean(value: Any) -> Any:
    """Return a JSON value without members that are secrets by their names, its texts clean."""
    if isinstance(value, str):
        return redacted(_without_queries(value))
    if isinstance(value, Mapping):
        kept = {str(key): inside for key, inside in value.items() if not _SECRET.search(str(key))}
        return {clean_name(key): clean(inside) for key, inside in kept.items()}
    if isinstance(value, list | tuple):
        return [clean(one) for one in value]
    return value
