"""The temporary folders of the workers of a machine: that of `up`, and that which users share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from roomreel.storage.replace import is_writable

# Prefect makes it in the temporary folder of a worker, with the rights of its user alone.
_OF_PREFECT = "runner_storage"


def own(home: Path) -> Path:
    """Return the temporary folder of what `up` starts, below `prefect_home`."""
    return home.absolute() / "tmp"


def unusable(home: Path) -> Iterator[tuple[Path, bool, str]]:
    """Yield what a worker cannot use, whether `up` needs it, and what to do about it."""
    if not is_writable(own(home)):
        yield own(home), True, "change its owner or mode, or set another prefect_home"
    shared = Path(tempfile.gettempdir(), _OF_PREFECT)
    if not is_writable(shared):
        yield shared, False, "set TMPDIR for every worker that roomreel up does not start"
