"""Files held by a process for as long as it lives (`flock`), whatever way it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from roomreel.storage.walk import clear_away

_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC


def try_hold(path: Path, flags: int = 0) -> int | None:
    """Open a file and lock it, without waiting.

    Args:
        path: the file; never followed where it is a symbolic link.
        flags: more `os.open` flags, such as `os.O_CREAT`.

    Returns:
        A descriptor that holds the lock until it is closed, or None where another holds it or the
        file is gone by the time it is locked.

    Raises:
        OSError: the file cannot be opened.
    """
    descriptor = os.open(path, _FLAGS | flags, 0o666)
    # Between open and lock a reaper may have removed the file: then the lock protects nothing.
    if take(descriptor) and os.fstat(descriptor).st_nlink:
        return descriptor
    os.close(descriptor)
    return None


def take(descriptor: int) -> bool:
    """Hold an open file alone, unless another process holds it; return whether it is held."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def share(descriptor: int) -> int | None:
    """Hold an open file beside others that share it; None, and closed, where it was removed."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    if os.fstat(descriptor).st_nlink:
        return descriptor
    os.close(descriptor)
    return None


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait for a turn among all processes that name this lock file, and hold it for the block.

    It may be the file of another user; a folder in its place goes.

    Raises:
        OSError: the file cannot be opened.
    """
    descriptor = _held(path)
    while not os.fstat(descriptor).st_nlink:  # removed meanwhile: then it protects nothing
        os.close(descriptor)
        descriptor = _held(path)
    try:
        yield
    finally:
        # Closing alone would not do: a child forked meanwhile holds the same open file.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _held(path: Path) -> int:
    """Open a lock file and wait until it is held."""
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _opened(path: Path) -> int:
    try:
        return os.open(path, _FLAGS | os.O_CREAT, 0o666)
    except IsADirectoryError:
        clear_away(path)
    except PermissionError:
        with suppress(PermissionError):  # another user's: reading is enough to lock it
            return os.open(path, _FLAGS & ~os.O_RDWR)
        path.chmod(0o600)  # where it is ours, and else this says why not
    return os.open(path, _FLAGS | os.O_CREAT, 0o666)
