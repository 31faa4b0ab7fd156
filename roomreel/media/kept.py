"""Files of what is made of media and kept, so that it is made once: names, reading, writing.

    <folder>/<2 hex digits>/<30 hex digits>-<32 hex digits>.<ending>

A file is named for the medium it was made of, and for what made it, appears by rename, and is not
used where anything is wrong with it: it is only a copy of what the medium says, and is made again.
Indexes are NumPy's: a column each, and the other values as JSON.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from roomreel.documents.digest import First, digest_of
from roomreel.model.media import Stored
from roomreel.model.room import MediaType
from roomreel.storage.cache import KEY_DIGITS, key_of
from roomreel.storage.replace import new_file
from roomreel.storage.walk import clear_away

Index = TypeVar("Index")

DAMAGED = (
    ValueError,
    KeyError,
    TypeError,
    ZeroDivisionError,
    EOFError,
    RuntimeError,
    zlib.error,
    zipfile.BadZipFile,
)
"""What a file that is no index, or half of one, raises while it is read."""


@dataclass(frozen=True, slots=True)
class IndexedBy:
    """Everything that decides a packet index, besides the file it is of."""

    version: int
    pyav: str
    type: MediaType
    track: int = 0


@dataclass(frozen=True, slots=True)
class CacheKey:
    """Everything that decides something that is made of a file and kept."""

    size_bytes: int
    version: str
    made_by: IndexedBy | None = None


KEPT = "roomreel.kept/1"
FIRST: First = {
    CacheKey: ("size_bytes", "version", "made_by"),
    IndexedBy: ("version", "pyav", "type", "track"),
}
"""What entered the names of what is kept in the first version: see `roomreel.documents.digest`."""


def cache_path(folder: Path, stored: Stored, ending: str, made_by: IndexedBy | None = None) -> Path:
    """Return the path at which something made of one version of a file is kept."""
    key = CacheKey(stored.size_bytes, stored.version, made_by)
    version = digest_of(KEPT, key, FIRST)[:KEY_DIGITS]
    file = key_of(stored.location)
    return folder / file[:2] / f"{file[2:]}-{version}.{ending}"


def source_key(kept: Path) -> str:
    """Return the key of the file that something kept was made of: see `key_of`."""
    return kept.parent.name + kept.name.partition("-")[0]


def find_kept(path: Path, read: Callable[[Mapping[str, Any]], Index]) -> Index | None:
    """Return what is kept at a path, or None where it is to be made; the damaged is removed.

    Args:
        read: makes it of the arrays of the file, and raises one of `DAMAGED` where it cannot.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            found = read(file)
        os.utime(path)  # it was used
    except FileNotFoundError:
        return None
    except (OSError, *DAMAGED):
        clear_away(path)
        return None
    return found


def keep(folder: Path, path: Path, arrays: Mapping[str, Any]) -> None:
    """Keep arrays at a path in a folder of a store, if there is one and the disk lets it."""
    if not folder.parent.is_dir():
        return
    # A loss of power may leave half of one, which is seen when it is read.
    with suppress(OSError), new_file(path, durable=False) as file:
        np.savez_compressed(file, **arrays)
