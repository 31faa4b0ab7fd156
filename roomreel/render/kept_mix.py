"""The mix of a composition in a scratch file, so that its recordings are decoded once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from roomreel.media.downmix import Samples
from roomreel.model.composition import Decoded

LONGEST_S = 3600
"""An hour is 1.4 GB, some twice its pictures. What is longer is decoded once more instead."""


class KeptMix:
    """A mix that is written down as it is made, and read again where all of it was.

    Args:
        path: of the file, in a scratch folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._width = 0
        self.decoded: Mapping[str, Decoded] | None = None
        """By recording sid, counts of what was decoded for it; None where it is not whole."""

    def begin(self, seconds: float) -> None:
        """Begin a mix of that length; one that is too long is not kept."""
        self.decoded = None
        if seconds <= LONGEST_S:
            with suppress(OSError):
                self._file = self._path.open("wb")

    def add(self, block: Samples) -> None:
        """Write the next block, of shape (2, n); all but the last are as long as the first."""
        if self._file is None:
            return
        self._width = max(self._width, block.shape[1])
        try:
            self._file.write(np.ascontiguousarray(block, np.float32).data)
        except OSError:  # where there is no room for it, it is decoded once more
            self._drop()

    def finish(self, decoded: Mapping[str, Decoded]) -> None:
        """Say that all of it was added."""
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError:
            self._drop()
        else:
            self._file, self.decoded = None, decoded

    def blocks(self) -> Iterator[Samples]:
        """Yield what was added, bit for bit."""
        with self._path.open("rb") as file:
            while data := file.read(2 * 4 * self._width):
                yield np.frombuffer(data, np.float32).reshape(2, -1)

    def _drop(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None
        with suppress(OSError):
            self._path.unlink()
