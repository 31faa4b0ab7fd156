"""The fake store: objects in the memory of this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from itertools import count
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode

from roomreel.errors import StoreUnreachable
from roomreel.model.location import ObjectLocation
from roomreel.storage.failure import storage_errors
from roomreel.storage.port import NO_METADATA, REPLACED, Content, FileInfo, OldVersions, Replaced

_NONE: Mapping[str, str] = MappingProxyType({})


class MemoryStore:
    """Keeps objects in a dictionary; safe for threads, which meet as writers on S3 would."""

    def __init__(self) -> None:
        self._objects: dict[ObjectLocation, tuple[FileInfo[ObjectLocation], bytes]] = {}
        self._versions = count(1)
        self._one_at_a_time = threading.Lock()

    def stat(self, location: ObjectLocation) -> FileInfo[ObjectLocation] | None:
        """Return what is known of an object, or None."""
        found = self._objects.get(location)
        return found[0] if found else None

    def list(
        self, folder: ObjectLocation, levels: int | None = None
    ) -> Iterator[FileInfo[ObjectLocation]]:
        """Yield the objects below a folder, in the order of their keys."""
        with self._one_at_a_time:
            found = sorted(self._objects.items(), key=lambda item: item[0].key)
        for location, (info, _) in found:
            if is_below(location, folder, levels):
                yield info

    def read(self, location: ObjectLocation, most_bytes: int | None = None) -> Content | None:
        """Return the first, or all, bytes of an object, or None."""
        found = self._objects.get(location)
        return Content(found[1][:most_bytes], found[0].version) if found else None

    def read_range(self, location: ObjectLocation, start: int, size: int, version: str) -> bytes:
        """Return bytes of one version of an object."""
        found = self.read(location)
        if found is None or found.version != version:
            raise Replaced(f"cannot read {location}: {REPLACED}", "run it again")
        return found.data[start : start + size]

    def write(self, location: ObjectLocation, data: bytes) -> None:
        """Write an object."""
        with self._one_at_a_time:
            self._put(location, data)

    @contextmanager
    def writer(
        self, location: ObjectLocation, metadata: Mapping[str, str] = NO_METADATA
    ) -> Iterator[BytesIO]:
        """Yield a buffer, which is an object when the block ends."""
        buffer = BytesIO()
        yield buffer
        with self._one_at_a_time:
            self._put(location, buffer.getvalue(), metadata)

    def put_file(self, source: Path, location: ObjectLocation, metadata: Mapping[str, str]) -> None:
        """Move a file of this machine here."""
        with storage_errors("publish", location):
            data = source.read_bytes()
            source.unlink()
        with self._one_at_a_time:
            self._put(location, data, metadata)

    def remove(self, location: ObjectLocation) -> None:
        """Remove an object."""
        with self._one_at_a_time:
            self._objects.pop(location, None)

    def clean_up(self, folder: ObjectLocation, *, dry_run: bool = False) -> int:  # noqa: ARG002
        """Return 0: nothing is ever half written."""
        return 0

    def outage(self, location: ObjectLocation | None = None) -> StoreUnreachable | None:
        """Return None: it answers."""

    def environment(self) -> Mapping[str, str]:
        """Return nothing: no other process reaches it."""
        return _NONE

    def link(
        self,
        location: ObjectLocation,
        seconds: int,
        *,
        inline: bool = False,
        disposition: str = "",
        content_type: str = "",
    ) -> str:
        """Return a link that says what it was asked for."""
        asked = {"inline": inline, "disposition": disposition, "content_type": content_type}
        return f"{location}?{urlencode({'seconds': seconds} | asked)}"

    def old_versions(self, folder: ObjectLocation) -> OldVersions | None:
        """Return None: what is removed is gone."""

    def conditional_writes(self, folder: ObjectLocation) -> ConditionalMemory:  # noqa: ARG002
        """Return writes of one winner."""
        return ConditionalMemory(self)

    def swap(self, location: ObjectLocation, data: bytes, version: str | None) -> str | None:
        """Write an object if it has that version; return the new one, or None."""
        with self._one_at_a_time:
            found = self.stat(location)
            if (found and found.version) != version:
                return None
            return self._put(location, data)

    def _put(
        self, location: ObjectLocation, data: bytes, metadata: Mapping[str, str] = _NONE
    ) -> str:
        version = str(next(self._versions))
        info = FileInfo(location, len(data), version, datetime.now(UTC), dict(metadata))
        self._objects[location] = (info, data)
        return version


class ConditionalMemory:
    """Compare-and-swap on objects in memory."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def write(self, location: ObjectLocation, data: bytes, version: str | None) -> str | None:
        """Write an object if it has that version."""
        return self._store.swap(location, data, version)


def is_below(location: ObjectLocation, folder: ObjectLocation, levels: int | None) -> bool:
    """Return whether an object lies below a folder, at most that many levels deep."""
    if location.bucket != folder.bucket or not location.key.startswith(folder.folder_key):
        return False
    names = location.key[len(folder.folder_key) :].count("/") + 1
    return levels is None or names <= levels
