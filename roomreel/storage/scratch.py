"""Scratch folders that go away with the process that made them, even when it was killed."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from roomreel.storage.failure import storage_errors
from roomreel.storage.lock import try_hold
from roomreel.storage.replace import make_folder
from roomreel.storage.walk import Entry, clear_away, entries

# Only folders of these names are ever reaped: a scratch root may be as shared a place as /tmp.
PREFIX = "roomreel-attempt-"
_PREFIX_OF_NEW = "roomreel-new-"
OWNER_LOCK = ".owner.lock"
# From making a folder to holding its lock takes no time at all, unless the process is killed.
NEW_FOR_S = 3600.0


@contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """Yield a new, empty folder under `root`, removed at the end of the block.

    It is known to be in use for as long as this process lives, however it ends. Any number of users
    of this machine may share `root`.

    Raises:
        StorageFailed: it cannot be made.
    """
    with storage_errors("make a scratch folder in", root):
        folder, owner = _make(root)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(owner)


def clean_up_scratch(root: Path, *, dry_run: bool = False) -> int:
    """Remove the scratch folders of this user whose owner is dead.

    Returns:
        How many were removed, or would be; 0 where there is no `root`.

    Raises:
        StorageFailed: `root` cannot be read.
    """
    with storage_errors("clear scratch folders in", root):
        left = find_abandoned(root)
    return sum(dry_run or remove_abandoned(entry.path) for entry in left)


def find_abandoned(root: Path) -> list[Entry]:
    """Return the scratch folders of this user whose owner is dead.

    Raises:
        OSError: `root` cannot be read.
    """
    return [entry for entry in entries(root) if _is_ours(entry) and not _has_owner(entry.path)]


def remove_abandoned(folder: Path) -> bool:
    """Remove a scratch folder whose owner is dead; return whether it is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def clean_up_parts(root: Path, sid: str) -> None:
    """Remove the kept parts of a composition; nothing happens where there are none."""
    clear_away(root / sid)
    with suppress(OSError):
        root.rmdir()  # unless others have parts in it


def _make(root: Path) -> tuple[Path, int]:
    make_folder(root)
    # Under another name until its lock is held, because a folder without is what a reaper takes.
    new = root / f"{_PREFIX_OF_NEW}{secrets.token_hex(8)}"
    folder = root / f"{PREFIX}{secrets.token_hex(8)}"
    new.mkdir(mode=0o700)
    owner = try_hold(new / OWNER_LOCK, os.O_CREAT | os.O_EXCL)
    if owner is None:
        raise BlockingIOError(f"another process holds {new}")
    new.rename(folder)
    return folder, owner


def _is_ours(entry: Entry) -> bool:
    name = entry.path.name
    is_old = time.time() - entry.about.st_mtime >= NEW_FOR_S
    named = name.startswith(PREFIX) or (name.startswith(_PREFIX_OF_NEW) and is_old)
    return entry.is_folder and named


def _has_owner(folder: Path) -> bool:
    """Return whether a process works in a scratch folder, or it is another user's."""
    try:
        owner = try_hold(folder / OWNER_LOCK)
    except FileNotFoundError:  # killed while it was made or removed
        return False
    except OSError:
        return True
    if owner is None:
        return True
    os.close(owner)
    return False
