"""Open media of strangers: one file or object, of a format that names no other file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, cast

import av
from av.error import EOFError as EndOfFile
from av.error import FFmpegError
from av.format import ContainerFormat
from av.stream import Disposition

from roomreel.errors import MediaUnreadable
from roomreel.model.formats import FORMATS, PICTURE, PICTURE_BRANDS, TAKEN, why_refused
from roomreel.model.room import MediaType
from roomreel.storage.location import is_remote
from roomreel.storage.stream import open_pinned

OPTIONS = {
    # A path can never be taken for a URL.
    "protocol_whitelist": "file",
    # Playlists (HLS, DASH, concat) open files of their own choice: out of the roots, too.
    "format_whitelist": ",".join(name for known in FORMATS for name in known.demuxers),
}


DAMAGE = (FFmpegError, ValueError, ArithmeticError, MemoryError)
"""What FFmpeg and NumPy raise where a packet or a frame is damaged, or of a kind that they cannot
take. It is counted and passed over; whatever else they raise is blamed on the recording as a whole
(`roomreel.render.in_use`)."""


# What an object names in turn is not opened at all: no protocol is called so.
STREAM_OPTIONS = {**OPTIONS, "protocol_whitelist": "none"}

NOT_ON_WHITELIST = "Format not on whitelist"
"""What libavformat 62 logs of a format that is not taken, under the name of that format."""

REMEDY = f"taken are: {TAKEN}"


class FormatNotSupported(MediaUnreadable):
    """It is no file of a format that is taken; the remedy says which are."""


class HeaderOnly(MediaUnreadable):
    """The file is a header, and nothing comes after it: no track has a packet."""


def open_media(path: str, options: Mapping[str, str] = MappingProxyType({})) -> Any:
    """Open a local file, or an object in place, with more options of FFmpeg's where needed.

    Args:
        path: of a file, or the pinned URL of an object (`roomreel.storage.pinned`).

    Raises:
        FormatNotSupported: it is not a media file of a format that is taken; names what it is.
        HeaderOnly: it has no data. Both are `MediaUnreadable`.
        StorageFailed: the object cannot be read; so may every use of the container.
    """
    try:
        container = _open(path, options)
    except EndOfFile as error:
        raise HeaderOnly("the file is a header, and nothing comes after it") from error
    except (*DAMAGE, OSError) as error:
        raise FormatNotSupported(_words(error), REMEDY) from error
    brand = container.metadata.get("major_brand", "")
    if brand in PICTURE_BRANDS:
        container.close()
        raise FormatNotSupported(f"its format, {brand.upper()}, is not taken: {PICTURE}", REMEDY)
    return container


def _open(path: str, options: Mapping[str, str]) -> Any:
    if is_remote(path):
        return av.open(open_pinned(path), options={**options, **STREAM_OPTIONS})
    return av.open(f"file:{path}", options={**options, **OPTIONS})


def tracks(container: Any, media_type: MediaType) -> list[Any]:
    """Return the streams of a type, without pictures that are attached to the file (covers)."""
    return [
        stream
        for stream in container.streams
        if stream.type == media_type and not stream.disposition & Disposition.attached_pic
    ]


def codec_of(stream: Any) -> str:
    """Return the name of the codec of a stream, whichever decoder stands for it.

    Raises:
        MediaUnreadable: there is no decoder for it.
    """
    if stream.codec_context is None:
        raise MediaUnreadable(f"there is no decoder for the codec of its {stream.type} track")
    name: str = stream.codec_context.codec.canonical_name
    return name


def open_bytes(path: str) -> BinaryIO:
    """Return the bytes of what `open_media` opens.

    Raises:
        OSError: they cannot be read.
        StorageFailed: the object cannot be read; so may every use of it.
    """
    if is_remote(path):
        return cast("BinaryIO", open_pinned(path))
    return Path(path).open("rb")


def _words(error: Exception) -> str:
    _, demuxer, message = getattr(error, "log", None) or (0, "", "")
    if message.startswith(NOT_ON_WHITELIST):
        name = ContainerFormat(demuxer, "r").long_name
        return f"its format, {name}, is not taken: {why_refused(demuxer)}"
    return f"not a media file that can be opened: {getattr(error, 'strerror', None) or error}"
