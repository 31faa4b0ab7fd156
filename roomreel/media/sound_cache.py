"""Sound indexes that are kept beside packet indexes: a recording is decoded for them once."""

from __future__ import annotations

import json
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np

from roomreel.media.kept import IndexedBy, cache_path, find_kept, keep
from roomreel.model.media import Stored
from roomreel.model.room import MediaType
from roomreel.model.sound_index import SoundIndex

VERSION = 1
"""Of what an index says and how it is made; to be raised with every change of either."""

LEVELS = "h"
"""Type code of the levels."""


class SoundIndexCache:
    """The sound indexes in one folder; any number of processes may share it.

    Args:
        folder: that of packet indexes; where there is no store around it nothing is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, stored: Stored, track: int = 0) -> SoundIndex | None:
        """Return the index of a track of a file as it is now, or None where it is to be made."""
        return find_kept(self._path(stored, track), _read)

    def keep(self, stored: Stored, index: SoundIndex, track: int = 0) -> None:
        """Keep an index if the disk lets it."""
        keep(self._folder, self._path(stored, track), _arrays(index))

    def _path(self, stored: Stored, track: int) -> Path:
        # Another FFmpeg may decode or measure otherwise.
        made_by = IndexedBy(VERSION, av.__version__, MediaType.AUDIO, track)
        return cache_path(self._folder, stored, "sound.npz", made_by)


def _arrays(index: SoundIndex) -> dict[str, Any]:
    values = json.dumps([index.first, index.loudness, index.peak])
    return {"values": np.array(values), "levels": np.asarray(index.levels, LEVELS)}


def _read(file: Mapping[str, Any]) -> SoundIndex:
    first, loudness, peak = json.loads(str(file["values"]))
    levels = array(LEVELS, file["levels"].astype(LEVELS).tobytes())
    return SoundIndex(
        int(first),
        levels,
        None if loudness is None else int(loudness),
        None if peak is None else int(peak),
    )
