"""Scratch folders that go away with whoever made them, even when it was killed."""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from roomreel.storage.failure import plain_words
from roomreel.storage.lock import try_hold
from roomreel.storage.replace import make_folder
from roomreel.storage.walk import Entry, clear_away, entries, unless_gone

# Only folders of these names are ever reaped: a scratch root may be as shared a place as /tmp.
PREFIX = "roomreel-attempt-"
_PREFIX_OF_NEW = "roomreel-new-"
OWNER_LOCK = ".owner.lock"
# From making a folder to holding its lock takes no time at all, unless the process is killed.
NEW_FOR_S = 3600.0
# Longer than a night, so that the run after a killed one finds what was finished.
PARTS_KEPT_S = 2 * 24 * 3600


@contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """A new, empty folder under `root`, removed at the end of the block.

    It is known to be in use for as long as this process lives, however it ends. Any number of users
    of this machine may share `root`.

    Raises:
        StorageFailed: it cannot be made.
    """
    with plain_words("make a scratch folder in", root):
        folder, owner = _make(root)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(owner)


def reap(root: Path, *, dry_run: bool = False) -> int:
    """Remove the scratch folders of this user whose owner is dead.

    Returns:
        How many were removed, or would be; 0 where there is no `root`.

    Raises:
        StorageFailed: `root` cannot be read.
    """
    with plain_words("clear scratch folders in", root):
        return sum(_reaped(entry, dry_run=dry_run) for entry in entries(root))


def drop_parts(root: Path, sid: str) -> None:
    """Remove the kept parts of a composition; nothing happens where there are none."""
    clear_away(root / sid)
    with suppress(OSError):
        root.rmdir()  # unless others have parts in it


def reap_parts(root: Path, older_than_s: float = PARTS_KEPT_S) -> int:
    """Remove the parts of compositions that got no new one for long: nobody came back for them.

    Returns:
        Of how many compositions; 0 where there is no `root`.

    Raises:
        StorageFailed: `root` cannot be read.
    """
    before = time.time() - older_than_s
    with plain_words("clear kept parts in", root):
        aged = [entry.path.name for entry in entries(root) if entry.about.st_mtime < before]
    for sid in aged:
        drop_parts(root, sid)
    return len(aged)


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


def _reaped(entry: Entry, *, dry_run: bool) -> bool:
    """Remove a scratch folder whose owner is dead, or report whether one would."""
    name, folder = entry.path.name, entry.path
    is_young = time.time() - entry.about.st_mtime < NEW_FOR_S
    is_ours = name.startswith(PREFIX) or (name.startswith(_PREFIX_OF_NEW) and not is_young)
    if not (entry.is_folder and is_ours):
        return False
    owner = None
    try:
        with unless_gone():  # killed while it was removed
            owner = try_hold(folder / OWNER_LOCK)
            if owner is None:
                return False
    except OSError:
        return False  # another user's, or no folder of ours
    if not dry_run:
        shutil.rmtree(folder, ignore_errors=True)
    if owner is not None:
        os.close(owner)
    return dry_run or not folder.exists()
