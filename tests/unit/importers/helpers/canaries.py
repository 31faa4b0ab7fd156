"""Secrets put into documents, which nothing that is made of them may hold."""

from __future__ import annotations

from typing import Any

CANARY = "c4n4ry"


def with_secrets(value: Any) -> Any:
    """Return a document with secrets of all kinds in each of its objects."""
    if isinstance(value, list):
        return [with_secrets(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        **{name: with_secrets(inside) for name, inside in value.items()},
        "token": CANARY,
        "secret": {"key": [CANARY]},
        "url": f"https://user:{CANARY}@host/{CANARY}?X-Amz-Signature={CANARY}#{CANARY}",
        "note": f"Authorization: Bearer {CANARY}",
    }
