"""Files that a verb writes where it is told to: whole or not at all."""

from __future__ import annotations

from pathlib import Path

from roomreel.storage import write_bytes
from roomreel.storage.failure import plain_words


def write_text(target: Path, text: str) -> None:
    """Write a text file at once, in place of what was there.

    Raises:
        StorageFailed: it cannot be written; what was there is unharmed.
    """
    with plain_words("write", target):
        data = text.encode()
    write_bytes(target, data)
