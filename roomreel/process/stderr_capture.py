"""The standard error of a child process, kept within a bound.

A broken recording makes a codec print a line a packet, gigabytes of them. So a thread reads along
as long as the process lives, and keeps the beginning, where the cause stands, and the end.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from pathlib import Path

HEAD_BYTES = 128 * 1024
TAIL_BYTES = 128 * 1024
STDERR_FILE = "codec.log"

_READ_BYTES = 4096
# What a grandchild holds open is not waited for.
_LAST_WORDS_S = 2.0


class StderrCapture:
    """Reads the read end of a pipe to its end, in a thread, and closes it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._head = bytearray()
        self._tail: deque[bytes] = deque(maxlen=TAIL_BYTES // _READ_BYTES)
        self._read_bytes = 0
        self._thread = threading.Thread(target=self._read, daemon=True, name="stderr")
        self._thread.start()

    def text(self) -> str:
        """Return its beginning and end, with a note of the bytes skipped between."""
        self._thread.join(_LAST_WORDS_S)
        tail = b"".join(list(self._tail))
        left_out = self._read_bytes - len(self._head) - len(tail)
        between = f"\n[{left_out} bytes skipped]\n".encode() if left_out > 0 else b""
        return (bytes(self._head) + between + tail).decode(errors="replace")

    def _read(self) -> None:
        with os.fdopen(self._descriptor, "rb", buffering=0) as pipe:
            while piece := pipe.read(_READ_BYTES):
                self._read_bytes += len(piece)
                if len(self._head) < HEAD_BYTES:
                    self._head += piece
                else:
                    self._tail.append(piece)


def captured_below(folder: Path) -> str:
    """Return the standard error of the processes of a render, each under its name."""
    files = sorted(folder.rglob(STDERR_FILE))
    return "\n".join(
        f"== {file.parent.relative_to(folder)}\n{text}"
        for file in files
        if (text := file.read_text(encoding="utf-8", errors="replace").strip())
    )
