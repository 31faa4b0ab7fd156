"""Texts that a command writes to a given place: whole or not at all, and in place of its own."""

from __future__ import annotations

from pathlib import Path

from roomreel.compose.outputs import Made, refuse_to_replace
from roomreel.storage import write_bytes
from roomreel.storage.failure import storage_errors


def write_text(target: Path, text: str, kind: Made) -> None:
    """Write a text file at once, in place of an earlier one of its kind.

    Raises:
        OutputRefused: something else is there.
        StorageFailed: it cannot be written; what was there is unharmed.
    """
    refuse_to_replace({target: kind})
    with storage_errors("write", target):
        data = text.encode()
    write_bytes(target, data)
