"""Entries of folders, while other processes add, rename and remove them.

Each entry is looked at once. What is gone by then is left out, and a folder that is gone is an
empty one: clearing or listing a folder is never ended by another process that does the same.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat as modes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

# The last: the folder of an NFS server was removed by another machine.
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE})


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in a folder, as it was when it was looked at; symbolic links are not followed."""

    path: Path
    about: os.stat_result

    @property
    def is_file(self) -> bool:
        """Return whether it is a regular file."""
        return modes.S_ISREG(self.about.st_mode)

    @property
    def is_folder(self) -> bool:
        """Return whether it is a folder."""
        return modes.S_ISDIR(self.about.st_mode)


@contextmanager
def unless_gone() -> Iterator[None]:
    """End the block without an error where something in it is not there any more."""
    try:
        yield
    except OSError as error:
        if error.errno not in _GONE:
            raise


def names(folder: Path) -> list[str]:
    """Return the names in a folder, sorted; none where there is no folder.

    Raises:
        OSError: the folder cannot be read.
    """
    with unless_gone():
        return sorted(os.listdir(folder))  # noqa: PTH208  names are what is wanted
    return []


def entries(folder: Path) -> Iterator[Entry]:
    """Yield what is in a folder, in the order of the names; nothing where there is no folder.

    Raises:
        OSError: the folder cannot be read.
    """
    for name in names(folder):
        path, about = folder / name, None
        with unless_gone():
            about = path.lstat()
        if about is not None:
            yield Entry(path, about)


def files_below(folder: Path, levels: int | None = None) -> Iterator[Entry]:
    """Yield everything but folders below a folder; links to folders are not followed.

    A folder below it that this user may not read is passed over, such as `lost+found`.

    Args:
        folder: where there is none, nothing is yielded.
        levels: 1: only what is in the folder itself; None: at any depth.

    Raises:
        OSError: the folder itself cannot be read.
    """
    for entry in entries(folder):
        if not entry.is_folder:
            yield entry
        elif levels is None or levels > 1:
            below = None if levels is None else levels - 1
            try:
                yield from files_below(entry.path, below)
            except PermissionError:
                continue


def clear_away(place: Path) -> None:
    """Remove a file, or a folder and all in it; what cannot be removed stays."""
    with suppress(OSError):
        place.unlink()
        return
    shutil.rmtree(place, ignore_errors=True)
