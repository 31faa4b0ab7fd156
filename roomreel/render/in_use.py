"""Marks of the recordings that are in use at this instant, and the one to blame for an error.

Whatever is done with one recording's bytes (opening, seeking, decoding, converting, scaling,
measuring, closing) is done inside `InUseMarker.mark`. So an exception there names its recording;
and for a process that cannot raise one any more there is a file that outlives it.
"""

from __future__ import annotations

import mmap
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from roomreel.errors import RoomreelError, SourceFailed, StorageFailed


class InUseMarker:
    """A file with a byte for each recording: the number of threads that work on it.

    A process that crashes or is killed cannot say what it was doing. Its memory map can: the kernel
    keeps what was written to it.

    Args:
        path: of the file, which is created or replaced.
        sids: of every recording that may be read.
    """

    def __init__(self, path: Path, sids: Sequence[str]) -> None:
        path.write_bytes(bytes(len(sids) + 1))  # an empty file cannot be mapped
        with path.open("r+b") as file:
            self._slots = mmap.mmap(file.fileno(), 0)
        self._index = {sid: index for index, sid in enumerate(sids)}
        self._lock = threading.Lock()

    @contextmanager
    def mark(self, sid: str) -> Iterator[None]:
        """Mark a recording as in use inside the block, and name it if the block fails.

        Raises:
            SourceFailed: whatever the block raised, but for errors of storage, which say nothing of
                the recording.
        """
        self._count(sid, 1)
        try:
            yield
        except (SourceFailed, StorageFailed):
            raise
        # The net: what hostile media make a library raise is not known in advance.
        except Exception as error:
            raise SourceFailed(_words(error), sid=sid) from error
        finally:
            self._count(sid, -1)

    def _count(self, sid: str, more: int) -> None:
        with self._lock:
            self._slots[self._index[sid]] += more


def in_use_at_exit(path: Path, sids: Sequence[str]) -> list[str]:
    """Return the recordings that were in use when the process that marked them ended."""
    marks = path.read_bytes() if path.is_file() else b""
    return [sid for sid, threads in zip(sids, marks, strict=False) if threads]


def _words(error: Exception) -> str:
    if isinstance(error, RoomreelError):
        return error.message
    traceback.print_exception(error)  # what codecs said is kept where a render fails
    return f"{type(error).__name__}: {error}"
