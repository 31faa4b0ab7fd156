"""Packet indexes that are kept, so that a recording is indexed once for all its compositions.

    <folder>/<2 hex digits>/<30 hex digits>.npz

A file is NumPy's: a column each, and the other values as JSON. It is named for what it was made of,
appears by rename, and is not used where anything is odd about it: it is only a copy of what the
recording says, and is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
import zipfile
import zlib
from array import array
from collections.abc import Callable, Mapping
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from roomreel.model.media import PacketIndex, Stored
from roomreel.model.room import MediaType

VERSION = 2
"""Of the format; to be raised with every change of what an index says, or how it is read."""

UNUSED_S = 30 * 24 * 3600
"""After so long without use a file is swept: rooms are composed within days of their end."""

COLUMNS = {"pts": "q", "durations": "q", "keys": "b", "sizes": "q"}
"""Type codes of the columns. Timestamps are stored as steps, which are nearly all alike."""

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
    "pixel_format": str,
    "sample_aspect": Fraction,
    "rotation": int,
    "shape_changes": int,
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


class KeptIndexes:
    """The packet indexes in one folder; any number of processes may share it.

    Args:
        folder: made when the first one is kept, inside a store; where there is no store, as for
            whoever only asks for a plan, nothing is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, stored: Stored, media_type: MediaType) -> PacketIndex | None:
        """The index of a file as it is now, or None where it is to be made."""
        path = self._path(stored, media_type)
        try:
            with np.load(path, allow_pickle=False) as file:
                index = _read(file)
            os.utime(path)  # it was used
        except (OSError, *DAMAGED):
            return None
        return index

    def keep(self, stored: Stored, media_type: MediaType, index: PacketIndex) -> None:
        """Keep an index if the disk lets it, and sweep what lies beside it unused."""
        if not self._folder.parent.is_dir():
            return
        path = self._path(stored, media_type)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, index)
            _sweep(path.parent)

    def _path(self, stored: Stored, media_type: MediaType) -> Path:
        # Another FFmpeg may find other packets in the same bytes.
        made_of = (VERSION, av.__version__, stored.path, stored.size_bytes, stored.version)
        name = hashlib.sha256(repr((*made_of, media_type.value)).encode()).hexdigest()[:32]
        return self._folder / name[:2] / f"{name[2:]}.npz"


def _write(path: Path, index: PacketIndex) -> None:
    values = json.dumps({name: getattr(index, name) for name in VALUES}, default=str)
    columns: dict[str, Any] = {
        name: np.frombuffer(getattr(index, name), code) for name, code in COLUMNS.items()
    }
    columns["pts"] = np.diff(columns["pts"], prepend=0)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.savez_compressed(file, values=np.array(values), **columns)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _read(file: Mapping[str, Any]) -> PacketIndex:
    values = json.loads(str(file["values"]))
    columns = {name: file[name] for name in COLUMNS}
    columns["pts"] = np.cumsum(columns["pts"])
    if len({len(column) for column in columns.values()}) != 1:
        raise ValueError("columns of different lengths")
    fields: dict[str, Any] = {
        name: None if values[name] is None else read(values[name]) for name, read in VALUES.items()
    }
    for name, code in COLUMNS.items():
        fields[name] = array(code, columns[name].astype(code).tobytes())
    return PacketIndex(**fields)


def _sweep(folder: Path) -> None:
    """Remove what was not used for long, and what killed processes left half written."""
    for path in folder.iterdir():
        if time.time() - path.stat().st_mtime > UNUSED_S:
            path.unlink(missing_ok=True)
