"""An object read in place, by ranges, as a file that FFmpeg can seek in."""

from __future__ import annotations

import io
from collections import deque

from roomreel.errors import StorageFailed
from roomreel.storage.location import parse
from roomreel.storage.s3.objects import look, read_range

LEAST_BYTES = 128 * 1024
MOST_BYTES = 2 * 2**20
"""Of a request: read on, each is twice as large as the one before."""

WINDOWS = 2
"""Ranges that are kept: containers hold sound and picture apart and are read back and forth."""

PIN = "#"


def pinned(url: str, etag: str) -> str:
    """The URL of one version of an object, for `RangeReader`."""
    return f"{url}{PIN}{etag}"


class RangeReader(io.RawIOBase):
    """One version of an object as a file; at most 4 MiB of it are in memory.

    Args:
        location: what `pinned` gives.

    Raises:
        StorageFailed: it cannot be read, or was replaced; so does every read.
    """

    def __init__(self, location: str) -> None:
        super().__init__()
        url, _, self._etag = location.rpartition(PIN)
        found = look(url)
        if found is None or found.etag != self._etag:
            raise StorageFailed(f"{parse(url)} was replaced or removed meanwhile", "run it again")
        self.name = self._url = url
        self._size = found.size_bytes
        self._position = 0
        self._windows: deque[tuple[int, bytes]] = deque(maxlen=WINDOWS)

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The position in bytes."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position; nothing is read yet."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("a position before the first byte")
        self._position = start + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes from the position on, fewer where a window or the object ends."""
        left = max(0, self._size - self._position)
        size = left if size < 0 else min(size, left)
        if size == 0:
            return b""
        start, data = self._window()
        found = data[self._position - start : self._position - start + size]
        self._position += len(found)
        return found

    def _window(self) -> tuple[int, bytes]:
        """The range that holds the byte at the position."""
        at = self._position
        for start, data in self._windows:
            if start <= at < start + len(data):
                return start, data
        before = next((len(data) for start, data in self._windows if start + len(data) == at), 0)
        size = min(max(2 * before, LEAST_BYTES), MOST_BYTES, self._size - at)
        data = read_range(self._url, at, size, self._etag)
        if not data:
            raise StorageFailed(f"{self._url} ends before its size", "run it again")
        self._windows.append((at, data))
        return at, data
