"""Packet indexes that are kept, so that a recording is indexed once for all its compositions.

    <folder>/<2 hex digits>/<30 hex digits>-<32 hex digits>.npz

A file is NumPy's: a column each, and the other values as JSON. It is named for the file it was made
of, and for its version and track, appears by rename, and is not used where anything is wrong with
it: it is only a copy of what the recording says, and is made again.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from array import array
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np

from roomreel.documents.digest import First, digest_of
from roomreel.model.media import PacketIndex, Stored, narrow
from roomreel.model.room import MediaType
from roomreel.storage.cache import KEY_DIGITS, key_of
from roomreel.storage.replace import new_file
from roomreel.storage.walk import clear_away

VERSION = 6
"""Of the format; to be raised with every change of what an index says, or how it is read."""

COLUMNS = {"pts": "q", "durations": "q", "keys": "b"}
"""Type codes of the columns, of which values fit into. Timestamps are stored as steps, which are
nearly all alike."""

VALUES: Mapping[str, Callable[[Any], Any]] = {
    "type": MediaType,
    "codec": str,
    "time_base": Fraction,
    "delay": Fraction,
    "width": int,
    "height": int,
    "sample_rate": int,
    "channels": int,
    "truncated": bool,
    "hidden": int,
    "primed": bool,
    "links": int,
    "mapped": bool,
    "payload_bytes": int,
    "pixel_format": str,
    "sample_aspect": Fraction,
    "mirrored": bool,
    "rotation": int,
    "shape_changes": int,
    "timed": bool,
    "audio_tracks": int,
    "video_tracks": int,
}
"""How the other values of an index are read from JSON; each may be null."""

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


class PacketIndexCache:
    """The packet indexes in one folder; any number of processes may share it.

    Args:
        folder: made when the first one is kept, inside a store; where there is no store, as for
            a caller that only asks for a plan, nothing is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, stored: Stored, media_type: MediaType, track: int = 0) -> PacketIndex | None:
        """Return the index of a track of a file as it is now, or None where it is to be made."""
        path = self._path(stored, media_type, track)
        try:
            with np.load(path, allow_pickle=False) as file:
                index = _read(file)
            os.utime(path)  # it was used
        except FileNotFoundError:
            return None
        except (OSError, *DAMAGED):
            clear_away(path)
            return None
        return index

    def keep(
        self, stored: Stored, media_type: MediaType, index: PacketIndex, track: int = 0
    ) -> None:
        """Keep an index if the disk lets it."""
        if not self._folder.parent.is_dir():
            return
        path = self._path(stored, media_type, track)
        # A loss of power may leave half of one, which is seen when it is read.
        with suppress(OSError), new_file(path, durable=False) as file:
            _write(file, index)

    def _path(self, stored: Stored, media_type: MediaType, track: int) -> Path:
        # Another FFmpeg may find other packets in the same bytes.
        made_by = IndexedBy(VERSION, av.__version__, media_type, track)
        return cache_path(self._folder, stored, "npz", made_by)


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


def _write(file: BinaryIO, index: PacketIndex) -> None:
    values = json.dumps({name: getattr(index, name) for name in VALUES}, default=str)
    columns: dict[str, Any] = {
        name: np.asarray(getattr(index, name)).astype(code) for name, code in COLUMNS.items()
    }
    columns["pts"] = np.diff(columns["pts"], prepend=0)
    np.savez_compressed(file, values=np.array(values), **columns)


def _read(file: Mapping[str, Any]) -> PacketIndex:
    values = json.loads(str(file["values"]))
    columns = {name: file[name] for name in COLUMNS}
    columns["pts"] = np.cumsum(columns["pts"])
    fields: dict[str, Any] = {
        name: None if values[name] is None else read(values[name]) for name, read in VALUES.items()
    }
    for name, code in COLUMNS.items():
        fields[name] = array(code, columns[name].astype(code).tobytes())
    fields["durations"] = narrow(fields["durations"])
    return PacketIndex(**fields)
