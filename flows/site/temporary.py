"""The temporary folders of the workers of a machine: that of `up`, and that which users share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Prefect makes it in the temporary folder of a worker, with the rights of its user alone.
_OF_PREFECT = "runner_storage"


def own(home: Path) -> Path:
    """The temporary folder of what `up` starts, below `prefect_home`."""
    return home.absolute() / "tmp"


def unusable(home: Path) -> Iterator[tuple[Path, bool, str]]:
    """Yield what a worker cannot use, whether `up` needs it, and what to do about it."""
    if not _is_usable(own(home)):
        yield own(home), True, "change its owner or mode, or set another prefect_home"
    shared = Path(tempfile.gettempdir(), _OF_PREFECT)
    if not _is_usable(shared):
        yield shared, False, "set TMPDIR for every worker that roomreel up does not start"


def _is_usable(folder: Path) -> bool:
    """Whether this user can write there, or make it."""
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
