"""Which recordings are being read at this instant, in a file that outlives a crash."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

IDLE, READING = 0, 1


class Reading:
    """One byte a recording, set for as long as FFmpeg works on it.

    A process that crashes or is killed cannot say what it was doing. Its memory map can: the kernel
    keeps what was written to it.

    Args:
        path: of the file, made anew.
        sids: of every recording that may be read.
    """

    def __init__(self, path: Path, sids: Sequence[str]) -> None:
        path.write_bytes(bytes(len(sids) + 1))  # an empty file cannot be mapped
        with path.open("r+b") as file:
            self._slots = mmap.mmap(file.fileno(), 0)
        self._index = {sid: index for index, sid in enumerate(sids)}

    @contextmanager
    def of(self, sid: str) -> Iterator[None]:
        """Note that a recording is read inside the block."""
        index = self._index[sid]
        self._slots[index] = READING
        try:
            yield
        finally:
            self._slots[index] = IDLE


def left_reading(path: Path, sids: Sequence[str]) -> list[str]:
    """The recordings that were being read when the process that noted it ended."""
    noted = path.read_bytes() if path.is_file() else b""
    return [sid for sid, state in zip(sids, noted, strict=False) if state == READING]
