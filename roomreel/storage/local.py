"""The files of this machine, as a store."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat as modes
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from roomreel.errors import StorageFailed
from roomreel.storage.failure import storage_errors
from roomreel.storage.lock import try_hold
from roomreel.storage.port import NO_METADATA, REPLACED, Content, FileInfo, Replaced
from roomreel.storage.replace import make_folder, new_file, put_in_place, replace_file, sync
from roomreel.storage.walk import files_below

_TEMPORARY = re.compile(r"\.roomreel-[0-9a-f]{16}\.part")
# Where locks do not say (a network file system), age does: no copy takes a day.
ABANDONED_AFTER_S = 24 * 3600
_AT_ONCE_BYTES = 2**20
_AHEAD_BYTES = 8 * 2**20
# Without O_NONBLOCK opening a named pipe waits for another process to write into it.
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class LocalStore:
    """Regular files; their version is when they were written, in ns."""

    def stat(self, location: Path) -> FileInfo[Path] | None:
        """Return what is known of a file; a symbolic link is refused, as all that is not one."""
        with storage_errors("look at", location):
            try:
                found = location.stat(follow_symlinks=False)
            except FileNotFoundError:
                return None
        if not modes.S_ISREG(found.st_mode):
            wrong = f"cannot use {str(location)!r}: it is not a regular file"
            raise StorageFailed(wrong, "name a media file")
        return _info(location, found)

    def list(self, folder: Path, levels: int | None = None) -> Iterator[FileInfo[Path]]:
        """Yield the files below a folder; symbolic links as themselves, not followed."""
        with storage_errors("list", folder):
            for entry in files_below(folder, levels):
                if not _TEMPORARY.fullmatch(entry.path.name):
                    yield _info(entry.path, entry.about)

    def read(self, location: Path, most_bytes: int | None = None) -> Content | None:
        """Return the first, or all, bytes of a file; symbolic links are followed."""
        with storage_errors("read", location):
            try:
                descriptor = os.open(location, _READ)
            except FileNotFoundError:
                return None
            with os.fdopen(descriptor, "rb") as file:
                found = os.fstat(descriptor)
                if not modes.S_ISREG(found.st_mode):
                    raise StorageFailed(f"cannot read {str(location)!r}: it is not a regular file")
                data = file.read() if most_bytes is None else file.read(most_bytes)
        return Content(data, _version(found))

    def read_range(self, location: Path, start: int, size: int, version: str) -> bytes:
        """Return bytes of one version of a file."""
        with storage_errors("read", location):
            try:
                with location.open("rb") as file:
                    if _version(os.fstat(file.fileno())) == version:
                        return os.pread(file.fileno(), size, start)
            except FileNotFoundError:
                pass
        raise Replaced(f"cannot read {location}: {REPLACED}", "run it again")

    def open(self, location: Path, version: str) -> BinaryIO:
        """Open one version of a file; its bytes stay those, whatever is done to its name.

        Raises:
            Replaced: it is another version by now, or gone, or no regular file.
        """
        with storage_errors("open", location), suppress(FileNotFoundError):
            try:
                descriptor = os.open(location, _READ | os.O_NOFOLLOW)
            except OSError as error:
                if error.errno != errno.ELOOP:
                    raise
            else:
                file = os.fdopen(descriptor, "rb", buffering=0)
                found = os.fstat(descriptor)
                if modes.S_ISREG(found.st_mode) and _version(found) == version:
                    return cast("BinaryIO", file)
        raise Replaced(f"cannot open {location}: {REPLACED}", "run it again")

    def write(self, location: Path, data: bytes) -> None:
        """Write a small file; missing folders are made."""
        with storage_errors("write", location):
            replace_file(location, data)

    @contextmanager
    def writer(
        self,
        location: Path,
        metadata: Mapping[str, str] = NO_METADATA,  # noqa: ARG002
    ) -> Iterator[WrittenThrough]:
        """Yield a file beside the place, which it takes when the block ends."""
        with storage_errors("write", location), new_file(location) as file:
            yield WrittenThrough(file)

    def put_file(self, source: Path, location: Path, metadata: Mapping[str, str]) -> None:  # noqa: ARG002
        """Move a file here; across file systems its bytes are first copied beside the place."""
        with storage_errors("publish", location):
            make_folder(location.parent)
            sync(source)
            try:
                put_in_place(source, location)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                with source.open("rb") as reader, new_file(location) as writer:
                    shutil.copyfileobj(reader, writer, _AT_ONCE_BYTES)
                source.unlink()
            sync(location.parent)

    def remove(self, location: Path) -> None:
        """Remove a file."""
        with storage_errors("remove", location):
            location.unlink(missing_ok=True)

    def clean_up(self, folder: Path, *, dry_run: bool = False) -> int:
        """Remove the half-written files of processes that are gone."""
        with storage_errors("clear unfinished files in", folder):
            return sum(
                _cleaned_up(entry.path, dry_run=dry_run)
                for entry in files_below(folder)
                if _TEMPORARY.fullmatch(entry.path.name)
            )


class WrittenThrough:
    """A file whose bytes are on their way to the disk while more of them come.

    Else all of a large one would wait in memory for its end, and the end for the disk.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._written = 0
        self._on_its_way = 0

    def write(self, data: bytes) -> None:
        """Take bytes."""
        self._file.write(data)
        self._written += len(data)
        new = self._written - self._on_its_way
        if new >= _AHEAD_BYTES:
            self._file.flush()
            # Linux begins to write them, and waits for nothing.
            os.posix_fadvise(self._file.fileno(), self._on_its_way, new, os.POSIX_FADV_DONTNEED)
            self._on_its_way = self._written


def _info(path: Path, found: os.stat_result) -> FileInfo[Path]:
    modified = datetime.fromtimestamp(found.st_mtime, UTC)
    return FileInfo(path, found.st_size, _version(found), modified)


def _version(found: os.stat_result) -> str:
    return str(found.st_mtime_ns)


def _cleaned_up(path: Path, *, dry_run: bool) -> bool:
    """Remove a temporary file unless a process works on it; return whether it goes."""
    try:
        age_s = time.time() - path.lstat().st_mtime
        descriptor = try_hold(path)
    except OSError:  # gone, or not ours to open
        return False
    if descriptor is None and age_s <= ABANDONED_AFTER_S:
        return False
    if not dry_run:
        path.unlink(missing_ok=True)
    if descriptor is not None:
        os.close(descriptor)
    return True
