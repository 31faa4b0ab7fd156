"""Open files to write, and give errors of writing them a code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from roomreel.errors import RenderError, RoomreelError, StorageFailed
from roomreel.storage.replace import claim_file

FAILURES = (OSError, FFmpegError)
"""What FFmpeg raises while writing."""


def new_output(path: Path, **more: Any) -> Any:
    """Return a container to write, of a file that is ours to write.

    FFmpeg opens a file late, and what it then cannot do ends some processes.

    Args:
        more: for PyAV's `open`.

    Raises:
        StorageFailed: the file cannot be written.
    """
    claim_file(path)
    with ffmpeg_errors(f"writing {path.name}"):
        return av.open(f"file:{path}", "w", **more)


@contextmanager
def ffmpeg_errors(doing: str) -> Iterator[None]:
    """Turn what FFmpeg raises while writing into errors with a code."""
    try:
        yield
    except FAILURES as error:
        raise with_code(error, doing) from error


def with_code(error: OSError | FFmpegError, doing: str) -> RoomreelError:
    """Return the error with a code that stands for one of `FAILURES`."""
    if isinstance(error, OSError):  # before FFmpegError: PyAV's errors about files are both
        return StorageFailed(f"{doing}: {error.strerror}", "make room or grant access")
    return RenderError(f"{doing}: {error.strerror}")
