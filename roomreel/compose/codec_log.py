"""Messages of codecs while a composition, or a recording of it, failed; kept beside its file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from roomreel.errors import RenderError, StorageFailed
from roomreel.model.location import Location
from roomreel.process.stderr_capture import captured_below
from roomreel.redaction import redacted
from roomreel.storage import remove, write_bytes
from roomreel.text import printable


@contextmanager
def keep_codec_log(folder: Path, log: Location) -> Iterator[None]:
    """Publish the messages of codecs if the block fails to render, and say so in its error.

    Where they said nothing, what an earlier attempt left is removed.

    Args:
        folder: where the render works.
        log: where they are published.

    Raises:
        RenderError: what the block raised, whose remedy is never empty and names the file.
    """
    try:
        yield
    except RenderError as error:
        remedy = error.remedy or error.advice
        if publish_codec_log(folder, log):
            remedy += f"; what codecs said is in {log}"
        raise type(error)(error.message, remedy) from error


def remove_codec_log(log: Location) -> None:
    """Remove what an earlier attempt left, which was made good; what cannot be removed stays."""
    with suppress(StorageFailed):
        remove(log)


def publish_codec_log(folder: Path, log: Location) -> bool:
    """Publish what codecs said, if they said something.

    Returns:
        Whether it is there. That it cannot be written hides nothing of what it is about.
    """
    with suppress(StorageFailed, OSError):
        lines = redacted(captured_below(folder)).splitlines()
        if not lines:
            remove(log)
            return False
        write_bytes(log, "".join(f"{printable(line)}\n" for line in lines).encode())
        return True
    return False
