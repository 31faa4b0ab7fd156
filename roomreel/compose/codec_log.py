"""Messages of codecs while a composition, or a recording of it, failed; kept beside its file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from roomreel.compose.publish import codec_log
from roomreel.errors import RenderError, StorageFailed
from roomreel.process.stderr_capture import captured_below
from roomreel.redaction import redacted
from roomreel.storage import remove, write_bytes
from roomreel.storage.location import location_of
from roomreel.text import printable


@contextmanager
def keep_codec_log(folder: Path, media: str) -> Iterator[None]:
    """Publish the messages of codecs if the block fails to render, and say so in its error.

    Where they said nothing, what an earlier attempt left is removed.

    Args:
        folder: where the render works.
        media: where the composition would be.

    Raises:
        RenderError: what the block raised, whose remedy is never empty and names the file.
    """
    try:
        yield
    except RenderError as error:
        remedy = error.remedy or error.advice
        if publish_codec_log(folder, media):
            remedy += f"; what codecs said is in {codec_log(location_of(media))}"
        raise type(error)(error.message, remedy) from error


def remove_codec_log(media: str) -> None:
    """Remove what an earlier attempt left, which was made good; what cannot be removed stays."""
    with suppress(StorageFailed):
        remove(codec_log(location_of(media)))


def publish_codec_log(folder: Path, media: str) -> bool:
    """Publish what codecs said, if they said something.

    Returns:
        Whether it is there. That it cannot be written hides nothing of what it is about.
    """
    log = codec_log(location_of(media))
    with suppress(StorageFailed, OSError):
        lines = redacted(captured_below(folder)).splitlines()
        if not lines:
            remove(log)
            return False
        write_bytes(log, "".join(f"{printable(line)}\n" for line in lines).encode())
        return True
    return False
