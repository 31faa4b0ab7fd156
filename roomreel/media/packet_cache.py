"""Packet indexes that are kept, so that a recording is indexed once for all its compositions."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from roomreel.media.kept import IndexedBy, cache_path, find_kept, keep
from roomreel.model.media import PacketIndex, Stored, narrow
from roomreel.model.room import MediaType

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
        return find_kept(self._path(stored, media_type, track), _read)

    def keep(
        self, stored: Stored, media_type: MediaType, index: PacketIndex, track: int = 0
    ) -> None:
        """Keep an index if the disk lets it."""
        keep(self._folder, self._path(stored, media_type, track), _arrays(index))

    def _path(self, stored: Stored, media_type: MediaType, track: int) -> Path:
        # Another FFmpeg may find other packets in the same bytes.
        made_by = IndexedBy(VERSION, av.__version__, media_type, track)
        return cache_path(self._folder, stored, "npz", made_by)


def _arrays(index: PacketIndex) -> dict[str, Any]:
    values = json.dumps({name: getattr(index, name) for name in VALUES}, default=str)
    columns: dict[str, Any] = {
        name: np.asarray(getattr(index, name)).astype(code) for name, code in COLUMNS.items()
    }
    columns["pts"] = np.diff(columns["pts"], prepend=0)
    return {"values": np.array(values), **columns}


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
