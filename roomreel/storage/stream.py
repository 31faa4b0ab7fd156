"""One version of an object, read in place by ranges: a file that FFmpeg and Arrow can seek in."""

from __future__ import annotations

import io
from collections import deque

from roomreel.errors import StorageFailed
from roomreel.model.location import Location, ObjectLocation
from roomreel.storage.location import is_remote, parse
from roomreel.storage.port import FileInfo, RemoteStore, Replaced
from roomreel.storage.stores import remote_store_of

LEAST_BYTES = 128 * 1024
MOST_BYTES = 2 * 2**20
"""Of a request: read on, each is twice as large as the one before."""

WINDOWS = 2
"""Ranges that are kept: containers hold sound and picture apart and are read back and forth."""

PIN = "#"


def pinned(location: Location | str, version: str) -> str:
    """Return what a file is opened by: its path, or the URL of one version of an object."""
    return f"{location}{PIN}{version}" if is_remote(str(location)) else str(location)


def open_pinned(url: str) -> PinnedFile:
    """Open an object by what `pinned` returned.

    Raises:
        StorageFailed: it cannot be read, or was replaced; so may every use of the file.
    """
    location, _, version = url.rpartition(PIN)
    store = remote_store_of(parse(location))
    found = store.stat(parse(location))
    if found is None or found.version != version:
        raise Replaced(f"{location} was replaced or removed meanwhile", "run it again")
    return PinnedFile(store, found)


class PinnedFile(io.RawIOBase):
    """One version of an object as a file; at most 4 MiB of it are in memory.

    Args:
        store: that it is in.
        info: what the store said of it.
        ahead: whether to ask for more than is read, as for those who read on in small steps. Else
            each read is one request.

    Raises:
        StorageFailed: of every read: it cannot be read, or was replaced.
    """

    def __init__(
        self, store: RemoteStore, info: FileInfo[ObjectLocation], *, ahead: bool = True
    ) -> None:
        super().__init__()
        self.name = str(info.location)
        self._store = store
        self._info = info
        self._size = info.size_bytes
        self._ahead = ahead
        self._position = 0
        self._windows: deque[tuple[int, bytes]] = deque(maxlen=WINDOWS)

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position; nothing is read yet."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("a position before the first byte")
        self._position = start + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes from the position on, fewer where a window or the object ends."""
        left = max(0, self._size - self._position)
        size = left if size < 0 else min(size, left)
        if size == 0:
            return b""
        data = self._from_window(size) if self._ahead else self._range(size)
        self._position += len(data)
        return data

    def _from_window(self, size: int) -> bytes:
        start, data = self._window()
        return data[self._position - start : self._position - start + size]

    def _window(self) -> tuple[int, bytes]:
        """Return the range that holds the byte at the position, and where it starts."""
        at = self._position
        for start, data in self._windows:
            if start <= at < start + len(data):
                return start, data
        before = next((len(data) for start, data in self._windows if start + len(data) == at), 0)
        data = self._range(min(max(2 * before, LEAST_BYTES), MOST_BYTES, self._size - at))
        self._windows.append((at, data))
        return at, data

    def _range(self, size: int) -> bytes:
        info = self._info
        data = self._store.read_range(info.location, self._position, size, info.version)
        if not data:
            raise StorageFailed(f"{self.name} ends before its size", "run it again")
        return data
