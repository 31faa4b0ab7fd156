"""The parent's end of a child's pipes, which never waits for longer than it is asked to."""

from __future__ import annotations

import os
import selectors
import subprocess
from collections.abc import Iterator
from typing import IO, Self

from roomreel.errors import ChildCrashed
from roomreel.process.messages import take_messages

PIECE_BYTES = 2**20
"""Read or written at a time; a pipe holds less."""


class Exchange:
    """Writes one call into a pipe, and takes messages out of another, as far as they go.

    A child that is stopped in the middle of a message, or before it has read its call, keeps no one
    waiting.

    Args:
        child: started with pipes for its standard input and output.
        call: what it is to read; then its standard input is closed.
        most_bytes: of a message.
    """

    def __init__(self, child: subprocess.Popen[bytes], call: bytes, most_bytes: int) -> None:
        self._stdin, self._stdout = _pipe(child.stdin), _pipe(child.stdout)
        self._left = memoryview(call)
        self._arrived = bytearray()
        self._most_bytes = most_bytes
        self.ended = False
        """True if the child will send no more."""
        self._selector = selectors.DefaultSelector()
        for pipe, event in (
            (self._stdin, selectors.EVENT_WRITE),
            (self._stdout, selectors.EVENT_READ),
        ):
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, event)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._selector.close()
        for pipe in (self._stdin, self._stdout):
            pipe.close()

    def messages(self, seconds: float) -> Iterator[bytes]:
        """Yield the whole messages that arrive within `seconds`; return as soon as some do.

        Raises:
            ValueError: one is longer than it may be.
        """
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self._stdin:
                self._write()
            else:
                self._read()
        yield from take_messages(self._arrived, self._most_bytes)

    def _write(self) -> None:
        try:
            self._left = self._left[os.write(self._stdin.fileno(), self._left[:PIECE_BYTES]) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it ended; how, its other pipe shows
            self._left = self._left[:0]
        if not self._left:
            self._selector.unregister(self._stdin)
            self._stdin.close()

    def _read(self) -> None:
        try:
            piece = os.read(self._stdout.fileno(), PIECE_BYTES)
        except BlockingIOError:
            return
        self._arrived += piece
        if not piece:
            self._selector.unregister(self._stdout)
            self.ended = True


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ChildCrashed("a process without pipes")
    return pipe
