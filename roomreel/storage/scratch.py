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
from roomreel.storage.lock import alone, try_hold

# Only folders of this name are ever reaped: a scratch root may be as shared a place as /tmp.
PREFIX = "roomreel-attempt-"
OWNER_LOCK = ".owner.lock"
ROOT_LOCK = ".roomreel-scratch.lock"
# Longer than a night, so that the run after a killed one finds what was finished.
PARTS_KEPT_S = 2 * 24 * 3600


@contextmanager
def scratch_folder(root: Path) -> Iterator[Path]:
    """A new, empty folder under `root`, removed at the end of the block.

    It is known to be in use for as long as this process lives, however it ends.

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
    """Remove the scratch folders whose owner is dead.

    Returns:
        How many were removed, or would be; 0 where there is no `root`.

    Raises:
        StorageFailed: `root` cannot be read.
    """
    if not root.is_dir():
        return 0
    with plain_words("clear scratch folders in", root), alone(root / ROOT_LOCK):
        folders = sorted(root.glob(f"{PREFIX}*"))
        return sum(_reaped(folder, dry_run=dry_run) for folder in folders)


def drop_parts(root: Path, sid: str) -> None:
    """Remove the kept parts of a composition; nothing happens where there are none."""
    shutil.rmtree(root / sid, ignore_errors=True)
    with suppress(OSError):
        root.rmdir()  # unless others have parts in it


def reap_parts(root: Path, older_than_s: float = PARTS_KEPT_S) -> int:
    """Remove the parts of compositions that got no new one for long: nobody came back for them.

    Returns:
        Of how many compositions; 0 where there is no `root`.

    Raises:
        StorageFailed: `root` cannot be read.
    """
    if not root.is_dir():
        return 0
    with plain_words("clear kept parts in", root):
        aged = [f.name for f in root.iterdir() if time.time() - f.stat().st_mtime > older_than_s]
    for sid in aged:
        drop_parts(root, sid)
    return len(aged)


def _make(root: Path) -> tuple[Path, int]:
    root.mkdir(parents=True, exist_ok=True)
    folder = root / f"{PREFIX}{secrets.token_hex(8)}"
    # Alone, because a folder without a held lock is what a reaper looks for.
    with alone(root / ROOT_LOCK):
        folder.mkdir(mode=0o700)
        owner = try_hold(folder / OWNER_LOCK, os.O_CREAT | os.O_EXCL)
    if owner is None:
        raise BlockingIOError(f"somebody else holds {folder}")
    return folder, owner


def _reaped(folder: Path, *, dry_run: bool) -> bool:
    owner = None
    try:
        owner = try_hold(folder / OWNER_LOCK)
        if owner is None:
            return False
    except FileNotFoundError:
        pass  # killed while it was made or removed
    except OSError:
        return False  # another user's, or no folder of ours
    if not dry_run:
        shutil.rmtree(folder, ignore_errors=True)
    if owner is not None:
        os.close(owner)
    return dry_run or not folder.exists()
