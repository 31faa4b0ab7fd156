"""Documents of a delivery, found by what they begin with."""

from __future__ import annotations

from collections.abc import Iterator

from roomreel.importers.port import HEAD, Listing


def documents_with(files: Listing, *marks: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and beginning of each JSON text that has one of these marks in its beginning."""
    for name in files.sizes:
        if not name.lower().endswith(".json"):
            continue
        head = files.head(name, HEAD)
        if any(mark in head for mark in marks):
            yield name, head
