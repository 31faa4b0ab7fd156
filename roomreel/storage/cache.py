"""Objects of S3 copied to a disk of this machine once, for all who need them.

    <folder>/<digest of URL and ETag>.media    whole, checked; who reads it holds a shared lock
    <folder>/<digest of URL and ETag>.part     being copied; whoever copies it holds its lock

A file nobody holds may go at any time; those used longest ago go first.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import os
import shutil
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from roomreel.errors import StorageFailed
from roomreel.model.media import Stored
from roomreel.model.place import is_s3
from roomreel.storage import s3
from roomreel.storage.failure import plain_words
from roomreel.storage.lock import alone, try_hold

BLOCK_BYTES = 16 * 2**20
MOST_DIFFERENT = 2
"""How often an object is copied whose checksum differs."""

_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_LOCK = ".lock"


@contextmanager
def at_hand(
    media: Mapping[str, Stored], cache: Cache, *, streamed: bool
) -> Iterator[dict[str, str]]:
    """What FFmpeg is to open for each medium, by the same keys; good for the block.

    Args:
        media: files of this machine, which are opened where they are, and objects in S3.
        cache: where objects are copied to.
        streamed: read objects in place instead.

    Raises:
        StorageFailed: an object cannot be copied.
    """
    with ExitStack() as held:
        paths: dict[str, str] = {}
        for key, stored in media.items():
            if not is_s3(stored.path):
                paths[key] = stored.path
            elif streamed:
                paths[key] = s3.pinned(stored.path, stored.version)
            else:
                paths[key] = str(held.enter_context(cache.held(stored)))
        yield paths


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of copies.

    Attributes:
        folder: on a disk of this machine; made when first needed.
        most_bytes: more is kept only while it is in use by somebody else.
    """

    folder: Path
    most_bytes: int

    @contextmanager
    def held(self, stored: Stored) -> Iterator[Path]:
        """The path of a copy of one version of an object, which stays for the block.

        Raises:
            StorageFailed: it cannot be copied, differs from its checksum, was replaced, or does
                not fit.
        """
        with plain_words("copy to", self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = hashlib.sha256(f"{stored.path}\n{stored.version}".encode()).hexdigest()
            descriptor = None
            while descriptor is None:
                descriptor = self._opened(key) or self._copied(key, stored)
        try:
            yield self._path(key)
        finally:
            os.close(descriptor)

    def sweep(self, unused_s: float) -> int:
        """Remove copies that nobody has used for a time; returns how many.

        What is deleted from the store must not stay here for good.

        Raises:
            StorageFailed: the folder cannot be read.
        """
        if not self.folder.is_dir():
            return 0
        with plain_words("clear", self.folder), alone(self.folder / _LOCK):
            before = time.time() - unused_s
            return sum(_evict(path) for used, _, path in list(self._files()) if used < before)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.media"

    def _opened(self, key: str) -> int | None:
        """Hold the copy that is there; None where there is none."""
        try:
            descriptor = os.open(self._path(key), _FLAGS)
        except FileNotFoundError:
            return None
        os.utime(descriptor)
        return _shared(descriptor)

    def _copied(self, key: str, stored: Stored) -> int | None:
        """Make the copy and hold it; None where another process was quicker, or is evicting."""
        part = self.folder / f"{key}.part"
        descriptor = os.open(part, _FLAGS | os.O_CREAT, 0o600)
        with ExitStack() as undo:
            undo.callback(os.close, descriptor)
            if not _taken(descriptor):
                # Shared, since by then those who read the copy hold it, and for long.
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                return None
            if not _is_named(descriptor, part):  # renamed or removed since it was opened
                return None
            undo.callback(part.unlink)
            if self._path(key).exists():
                return None
            self._reserve(descriptor, stored)
            copy(stored, descriptor)
            part.rename(self._path(key))
            undo.pop_all()
        return _shared(descriptor)

    def _reserve(self, descriptor: int, stored: Stored) -> None:
        """Take the space on the disk, evicting what nobody uses where it is scarce."""
        size = stored.size_bytes
        os.ftruncate(descriptor, 0)
        with alone(self.folder / _LOCK):
            for path in self._oldest_first():
                if not self._lacks(size):
                    break
                _evict(path)
            if lack := self._lacks(size):
                raise StorageFailed(
                    f"cannot copy {stored.path} of {size} bytes to {self.folder}: {lack}",
                    'make room, raise cache_bytes, or set inputs = "stream"',
                )
            if size:
                os.posix_fallocate(descriptor, 0, size)

    def _lacks(self, size: int) -> str:
        """What keeps a file of `size` bytes from fitting, or ""."""
        if self._used() + size > self.most_bytes:
            return f"{self._used()} of the {self.most_bytes} bytes of the cache are in use"
        free = shutil.disk_usage(self.folder).free
        return f"the disk has {free} bytes free" if free < size else ""

    def _used(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _oldest_first(self) -> list[Path]:
        return [path for _, _, path in sorted(self._files())]

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        for path in self.folder.iterdir():
            if path.suffix in {".media", ".part"}:
                try:
                    about = path.lstat()
                except FileNotFoundError:
                    continue
                yield about.st_mtime, about.st_size, path


def copy(stored: Stored, descriptor: int) -> None:
    """Write one version of an object into an open file, and check it.

    Raises:
        StorageFailed: it cannot be read, was replaced, or differs from what the store says of it.
    """
    found = s3.look(stored.path)
    if found is None or found.etag != stored.version:
        raise StorageFailed(f"{stored.path} was replaced or removed meanwhile", "run it again")
    for attempt in range(1, MOST_DIFFERENT + 1):
        sums = {name: _SUMS[name]() for name in found.checksums}
        for start in range(0, found.size_bytes, BLOCK_BYTES):
            data = s3.read_range(found.url, start, BLOCK_BYTES, found.etag)
            os.pwrite(descriptor, data, start)
            for one in sums.values():
                one.update(data)
        told = {name: base64.b64encode(one.digest()).decode() for name, one in sums.items()}
        if told == found.checksums:
            return
        if attempt == MOST_DIFFERENT:
            raise StorageFailed(
                f"cannot copy {stored.path}: its checksum differs from the store's",
                "look at the network between, or upload it again",
            )


class _Crc32:
    def __init__(self) -> None:
        self._sum = 0

    def update(self, data: bytes, /) -> None:
        self._sum = zlib.crc32(data, self._sum)

    def digest(self) -> bytes:
        return self._sum.to_bytes(4, "big")


_SUMS: dict[str, Callable[[], hashlib._Hash | _Crc32]] = {
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
    "CRC32": _Crc32,
}


def _taken(descriptor: int) -> bool:
    """Hold an open file alone, unless somebody holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _shared(descriptor: int) -> int | None:
    """Hold an open copy beside other readers; None where it was evicted just now."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    if os.fstat(descriptor).st_nlink:
        return descriptor
    os.close(descriptor)
    return None


def _is_named(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _evict(path: Path) -> bool:
    """Remove a copy unless somebody holds it."""
    try:
        descriptor = try_hold(path)
    except FileNotFoundError:
        return False
    if descriptor is None:
        return False
    path.unlink()
    os.close(descriptor)
    return True
