"""Files that a verb writes where it is told to: whole or not at all."""

from __future__ import annotations

import uuid
from pathlib import Path

from roomreel.errors import StorageFailed


def write_text(target: Path, text: str) -> None:
    """Write a text file at once, in place of what was there.

    Raises:
        StorageFailed: it cannot be written; what was there is unharmed.
    """
    temp = target.parent / f".roomreel-{uuid.uuid4()}.tmp"
    try:
        try:
            temp.write_text(text, encoding="utf-8")
            temp.replace(target)
        finally:
            temp.unlink(missing_ok=True)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        words = getattr(error, "strerror", None) or error
        raise StorageFailed(f"cannot write {target}: {words}") from error
