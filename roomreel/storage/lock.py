"""Files held by a process for as long as it lives (`flock`), whatever way it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | flags, 0o666)
    held = False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Between open and lock a reaper may have removed the file: then the lock protects nothing.
        held = os.fstat(descriptor).st_nlink > 0
    except BlockingIOError:
        pass
    finally:
        if not held:
            os.close(descriptor)
    return descriptor if held else None


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """One at a time among all processes that name this lock file; waits for its turn.

    Raises:
        OSError: the file cannot be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
