"""SHA-256 of recordings whose manifest claims one: each version of a file is read once for it.

They are kept beside the packet indexes, and go with them. One that cannot be read is made again.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from roomreel.media.kept import cache_path
from roomreel.model.location import Location
from roomreel.model.media import Stored
from roomreel.storage import sha256_of
from roomreel.storage.replace import replace_file

_DIGEST = re.compile(r"[0-9a-f]{64}")


def digest_of(stored: Stored, place: Location, folder: Path) -> str:
    """Return the hex digest of the bytes of a medium, as they are stored.

    Args:
        stored: what it is known by.
        place: where it can be read: itself, or a copy.
        folder: of what is kept; where there is no store around it, nothing is.

    Raises:
        StorageFailed: it cannot be read.
    """
    file = cache_path(folder, stored, "sha256")
    with suppress(OSError, ValueError):
        kept = file.read_text(encoding="ascii")
        if _DIGEST.fullmatch(kept):
            os.utime(file)  # it was used
            return kept
    digest = sha256_of(place)
    if folder.parent.is_dir():
        with suppress(OSError):
            replace_file(file, digest.encode(), durable=False)
    return digest
