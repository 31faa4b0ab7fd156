"""Objects of stores copied to a disk of this machine once, for all who need them.

    <folder>/<URL>-<version>.media     whole, checked; who reads it holds a shared lock
    <folder>/<URL>-<version>.sha256    its digest
    <folder>/<URL>-<version>.part      being copied; the process that copies it holds its lock

URL and version stand there as digests. A copy that is not held may go at any time; those used
longest ago go first. What is not, or not any more, what was copied is removed and copied again.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat as modes
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from roomreel.errors import StorageFailed
from roomreel.model.media import Stored
from roomreel.storage.download import download
from roomreel.storage.failure import storage_errors
from roomreel.storage.location import is_remote, parse
from roomreel.storage.lock import alone, share, take, try_hold
from roomreel.storage.replace import make_folder, replace_file
from roomreel.storage.stream import pinned
from roomreel.storage.walk import Entry, clear_away, entries, unless_gone

_MEDIA, _SUM, _PART = ".media", ".sha256", ".part"
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_LOCK = ".lock"
_AT_ONCE_BYTES = 2**20
KEY_DIGITS = 32
_MOST_TRIES = 100
"""Each comes after a copy was removed between its making and its use."""

_checked: set[tuple[Path, int]] = set()
"""Path and inode of the copies whose bytes this process has looked at."""


@contextmanager
def at_hand(
    media: Mapping[str, Stored], cache: Cache, *, streamed: bool
) -> Iterator[dict[str, str]]:
    """Yield what FFmpeg is to open for each media file, by the same keys; good for the block.

    Args:
        media: files of this machine, which are opened where they are, and objects.
        cache: where objects are copied to.
        streamed: read objects in place instead.

    Raises:
        StorageFailed: an object cannot be copied.
    """
    with ExitStack() as held:
        paths: dict[str, str] = {}
        for key, stored in media.items():
            if streamed or not is_remote(stored.location):
                paths[key] = pinned(stored.location, stored.version)
            else:
                paths[key] = str(held.enter_context(cache.hold(stored)))
        yield paths


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of copies.

    Attributes:
        folder: on a disk of this machine; made when first needed.
        most_bytes: more is kept only while it is in use by another process.
    """

    folder: Path
    most_bytes: int

    @contextmanager
    def hold(self, stored: Stored) -> Iterator[Path]:
        """Yield the path of a copy of one version of an object, which stays for the block.

        Raises:
            StorageFailed: it cannot be copied, differs from its checksum, was replaced, or does
                not fit.
        """
        path = self.folder / f"{key_of(stored.location)}-{key_of(stored.version)}{_MEDIA}"
        with storage_errors("copy to", self.folder):
            descriptor = self._held(path, stored)
        try:
            yield path
        finally:
            os.close(descriptor)

    def _held(self, path: Path, stored: Stored) -> int:
        for _ in range(_MOST_TRIES):
            make_folder(self.folder.parent)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            with unless_gone():
                descriptor = self._opened(path, stored) or self._copied(path, stored)
                if descriptor is not None:
                    return descriptor
        raise StorageFailed(f"another process removes {path} again and again")

    def _opened(self, path: Path, stored: Stored) -> int | None:
        """Hold the copy that is there; None where there is none, or it is damaged."""
        try:
            descriptor = os.open(path, _FLAGS)
        except FileNotFoundError:
            return None
        except OSError:  # a folder, a link, another mode
            clear_away(path)
            if os.path.lexists(path):
                raise
            return None
        os.utime(descriptor)
        held = share(descriptor)
        if held is not None and not _is_whole(path, held, stored):
            clear_away(path)
            os.close(held)
            return None
        return held

    def _copied(self, path: Path, stored: Stored) -> int | None:
        """Make the copy and hold it; None where another process was faster, or is evicting."""
        part = path.with_suffix(_PART)
        descriptor = _new(part)
        with ExitStack() as undo:
            undo.callback(os.close, descriptor)
            if not take(descriptor):
                # Shared, since by then those who read the copy hold it, and for long.
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                return None
            if not _is_named(descriptor, part):  # renamed or removed since it was opened
                return None
            undo.callback(part.unlink, missing_ok=True)
            if path.exists():
                return None
            self._reserve(descriptor, stored)
            sha256 = download(parse(stored.location), stored.version, descriptor)
            clear_away(path.with_suffix(_SUM))
            replace_file(path.with_suffix(_SUM), sha256.encode())
            os.fsync(descriptor)  # or a loss of power leaves a file of zeros under its name
            part.rename(path)
            undo.pop_all()
        held = share(descriptor)
        if held is not None:
            _checked.add((path, os.fstat(held).st_ino))
        return held

    def _reserve(self, descriptor: int, stored: Stored) -> None:
        """Take the space on the disk, evicting what is not used where it is scarce."""
        size = stored.size_bytes
        os.ftruncate(descriptor, 0)
        with alone(self.folder / _LOCK):
            for entry in sorted(copies(self.folder), key=lambda entry: entry.about.st_mtime):
                if not self._lacks(size):
                    break
                evict(entry.path)
            if lack := self._lacks(size):
                raise StorageFailed(
                    f"cannot copy {stored.location} of {size} bytes to {self.folder}: {lack}",
                    'make room, raise cache_bytes, or set inputs = "stream"',
                )
            if size:
                os.posix_fallocate(descriptor, 0, size)

    def _lacks(self, size: int) -> str:
        """Return what keeps a file of `size` bytes from fitting, or ""."""
        used = sum(entry.about.st_size for entry in copies(self.folder))
        if used + size > self.most_bytes:
            return f"{used} of the {self.most_bytes} bytes of the cache are in use"
        free = shutil.disk_usage(self.folder).free
        return f"the disk has {free} bytes free" if free < size else ""


def copies(folder: Path) -> list[Entry]:
    """Return the copies in a folder, whole ones and those being made.

    Raises:
        OSError: the folder cannot be read.
    """
    return [entry for entry in entries(folder) if entry.path.suffix in {_MEDIA, _PART}]


def evict(path: Path) -> bool:
    """Remove a copy unless another process holds it; return whether it is gone by this."""
    descriptor = None
    try:
        descriptor = try_hold(path)
        if descriptor is None:
            return False
    except FileNotFoundError:
        return False
    except OSError:  # a folder, a link, another mode: of no use to anybody
        pass
    clear_away(path)
    clear_away(path.with_suffix(_SUM))
    if descriptor is not None:
        os.close(descriptor)
    return True


def key_of(location: str) -> str:
    """Return the beginning of the names of files that are made of what is at a location."""
    return hashlib.sha256(location.encode()).hexdigest()[:KEY_DIGITS]


def _is_whole(path: Path, descriptor: int, stored: Stored) -> bool:
    """Return whether an open copy is what was copied; a process reads each once to know."""
    about = os.fstat(descriptor)
    if not modes.S_ISREG(about.st_mode) or about.st_size != stored.size_bytes:
        return False
    if (path, about.st_ino) in _checked:
        return True
    try:
        noted = path.with_suffix(_SUM).read_bytes()
    except OSError:
        return False
    digest = hashlib.sha256()
    for start in range(0, about.st_size, _AT_ONCE_BYTES):
        digest.update(os.pread(descriptor, _AT_ONCE_BYTES, start))
    if noted != digest.hexdigest().encode():
        return False
    _checked.add((path, about.st_ino))
    return True


def _new(part: Path) -> int:
    flags = _FLAGS | os.O_CREAT
    try:
        return os.open(part, flags, 0o600)
    except OSError:  # a folder, a link, another mode
        clear_away(part)
        return os.open(part, flags, 0o600)


def _is_named(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
