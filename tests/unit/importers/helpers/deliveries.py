"""Deliveries in memory, for tests of readers, which open no medium."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any


class MemoryListing:
    """Files by name: bytes as they are, anything else as JSON."""

    def __init__(self, files: Mapping[str, Any], title: str = "delivery") -> None:
        self.title = title
        self._files = {
            name: held if isinstance(held, bytes) else json.dumps(held).encode()
            for name, held in sorted(files.items())
        }

    @property
    def sizes(self) -> Mapping[str, int]:
        return {name: len(data) for name, data in self._files.items()}

    def head(self, name: str, count: int = 32) -> bytes:
        return self._files[name][:count]

    def text(self, name: str) -> bytes:
        return self._files[name]

    def lines(self, name: str) -> Iterator[bytes]:
        yield from self._files[name].splitlines(keepends=True)

    def modified(self, name: str) -> datetime:
        assert name in self._files
        return datetime(2026, 11, 20, 10, tzinfo=UTC)
