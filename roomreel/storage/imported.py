"""Documents of services that an import has read, as its record says."""

from __future__ import annotations

import json
from pathlib import Path

from roomreel.storage.documents import RECORD
from roomreel.storage.failure import storage_errors

LEVELS = 2
"""Folders that a delivery may be deep within the one of its record."""


def was_imported(document: Path) -> bool:
    """Return whether a record in the folder of a document, or above it, lists it as read.

    So the JSON of a service may stay among manifests.

    Raises:
        StorageFailed: a folder cannot be read.
    """
    path = document.absolute()
    with storage_errors("read", path):
        return any(
            path.relative_to(folder).as_posix() in _documents(record)
            for folder in path.parents[: LEVELS + 1]
            for record in folder.glob(f"*{RECORD}")
        )


def _documents(record: Path) -> set[str]:
    try:
        inputs = json.loads(record.read_bytes())["inputs"]
        return {one["file"] for one in inputs if "sha256" in one}
    except (ValueError, RecursionError, LookupError, TypeError):
        return set()
