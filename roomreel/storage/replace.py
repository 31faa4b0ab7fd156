"""Files and folders that appear under their name whole, or not at all.

A reader, or a crash or loss of power at any instant, sees what was there before or what is new.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

from roomreel.storage.failure import storage_errors
from roomreel.storage.lock import try_hold
from roomreel.storage.walk import files_below

T = TypeVar("T")
Step = Callable[[str], None]

_MOST_TRIES = 1000
"""Of what needs a folder that other processes remove while it is empty."""


def replace_file(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file, in place of what is there; missing folders are made.

    Args:
        durable: whether it must be on the disk when this returns. Without, a loss of power may
            leave half of it under its name.

    Raises:
        OSError: it cannot be written; what was there is unharmed.
    """
    with new_file(path, durable=durable) as file:
        file.write(data)


@contextmanager
def new_file(
    path: Path,
    *,
    staging: Path | None = None,
    durable: bool = True,
    step: Step = lambda _name: None,
) -> Iterator[BinaryIO]:
    """Yield an open file that takes the place of `path` when the block ends.

    An empty folder in its place goes.

    Args:
        staging: folder for the file while it is half written; unset: that of `path`. On the same
            file system.
        durable: as of `replace_file`.
        step: called after each named step; tests kill the process in it.

    Raises:
        OSError: it cannot be written; what was there is unharmed.
    """
    make_folder(path.parent)
    if staging is not None:
        make_folder(staging)
    temporary, descriptor = _new_temporary(staging or path.parent)
    try:
        # Renamed while it is still locked, so that it is not taken for what a kill left.
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            step("written")
            if durable:
                os.fsync(descriptor)
            step("synced")
            put_in_place(temporary, path)
        step("renamed")
    finally:
        temporary.unlink(missing_ok=True)
    if durable:
        sync(path.parent)
    step("durable")


def replace_folder(folder: Path, place: Path) -> bool:
    """Rename a folder whose files are all written to a place where nothing is; durable.

    Across file systems it is first copied beside the place.

    Returns:
        False where another process was faster; `folder` is then still there.

    Raises:
        OSError: it cannot be done.
    """
    for entry in files_below(folder):
        sync(entry.path)
    sync(folder)
    try:
        _tried_again(lambda: _rename_into(folder, place))
    except OSError as error:
        if error.errno == errno.EXDEV:
            return _copied_into(folder, place)
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        return False
    sync(place.parent)
    return True


def put_in_place(file: Path, path: Path) -> None:
    """Rename a file, in place of another one or of an empty folder."""
    try:
        file.replace(path)
    except IsADirectoryError:
        with suppress(OSError):
            path.rmdir()
        file.replace(path)


def claim_file(path: Path) -> None:
    """Make a file that another program is to write, or find that it may write the one there.

    Raises:
        StorageFailed: it may not; what that program would say or do then is not for people.
    """
    with storage_errors("write", path):
        path.open("ab").close()


def refuse_unwritable(folder: Path) -> None:
    """Refuse a folder, there or still to be made, in which nothing can be made.

    Raises:
        OSError: says why.
    """
    ground = ground_of(folder)
    if not ground.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(ground))
    if not os.access(ground, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(ground))


def is_writable(folder: Path) -> bool:
    """Return whether something can be made in a folder, which is there or still to be made."""
    try:
        refuse_unwritable(folder)
    except OSError:
        return False
    return True


def ground_of(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    above = folder.absolute()
    return next(one for one in (above, *above.parents) if os.path.lexists(one))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably, also where others remove one that is still empty.

    Users who may write into the folder in which it is made, such as a group, may write into it.

    Raises:
        OSError: it cannot be made.
    """
    for made in _tried_again(lambda: _make_missing(folder)):
        with suppress(FileNotFoundError):  # others removed it; then it need not be on the disk
            sync(made.parent)


def sync(path: Path) -> None:
    """Have what is written in a file, or the names in a folder, be on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_missing(folder: Path) -> list[Path]:
    # None is synced before all are made: the longer one stands empty, the sooner others remove it.
    missing = [one for one in (folder, *folder.parents) if not one.is_dir()]
    for one in reversed(missing):
        _make_one(one)
    return missing


def _make_one(folder: Path) -> None:
    try:
        folder.mkdir()
        _share(folder, folder.parent)
    except FileExistsError:  # another process was faster
        if not stat.S_ISDIR(folder.stat().st_mode):
            raise


def _rename_into(folder: Path, place: Path) -> None:
    make_folder(place.parent)
    _share(folder, place.parent)
    folder.rename(place)


def _share(folder: Path, parent: Path) -> None:
    """Let those write into a folder of ours who may write into its parent.

    In one that is sticky, such as /tmp, each user keeps to what is theirs.
    """
    given = parent.stat().st_mode
    if given & stat.S_ISVTX:
        return
    shared = (given & stat.S_IWGRP and stat.S_IRWXG) | (given & stat.S_IWOTH and stat.S_IRWXO)
    own = stat.S_IMODE(folder.stat().st_mode)
    if shared & ~own:
        with suppress(OSError):  # a file system without such permissions
            folder.chmod(own | shared)


def _tried_again(call: Callable[[], T]) -> T:
    """Call what needs a folder that is there, until no other process removes it in between."""
    for _ in range(_MOST_TRIES):
        with suppress(FileNotFoundError):
            return call()
    return call()


def _copied_into(folder: Path, place: Path) -> bool:
    beside = place.with_name(f".{secrets.token_hex(8)}")
    try:
        make_folder(beside.parent)
        shutil.copytree(folder, beside)
        return replace_folder(beside, place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _new_temporary(folder: Path) -> tuple[Path, int]:
    # A short name of its own: the destination's may be as long as the file system allows already.
    while True:
        path = folder / f".roomreel-{secrets.token_hex(8)}.part"
        descriptor = try_hold(path, os.O_CREAT | os.O_EXCL)
        if descriptor is not None:  # else a reaper was quicker, and removes it
            return path, descriptor
