"""Standard output and standard error that do not end a verb when their reader leaves.

`roomreel sql ... | head -1` has what it wants after a line, and `roomreel compose ... | true` has
made a composition, even if no one reads where it is. What is written after that goes nowhere.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Output(io.FileIO):
    """A file descriptor that becomes the null device's once it cannot be written to."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or drop what has no reader.

        Raises:
            OSError: it cannot be written (a full disk); the first time only.
        """
        try:
            return super().write(data)
        except OSError as error:
            _unread.add(self.fileno())
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            if isinstance(error, BrokenPipeError):
                return super().write(data)
            raise


_unread: set[int] = set()


def outlive_readers() -> None:
    """Replace both streams, where they are those the process was started with."""
    sys.stdout = _outlive(sys.stdout, sys.__stdout__)
    sys.stderr = _outlive(sys.stderr, sys.__stderr__)


def is_read() -> bool:
    """Return whether standard output may still have a reader."""
    return 1 not in _unread


def _outlive(stream: TextIO, own: TextIO | None) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    # A name in a script that the terminal's encoding lacks must not end the run.
    stream.reconfigure(errors="backslashreplace")
    # Unbuffered (python -u), the buffer is the file itself.
    raw = getattr(stream.buffer, "raw", stream.buffer)
    if stream is not own or not isinstance(raw, io.FileIO):
        return stream
    output = _Output(raw.fileno(), "w", closefd=False)
    return io.TextIOWrapper(
        output if raw is stream.buffer else io.BufferedWriter(output),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
