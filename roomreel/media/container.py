"""Open media of strangers: one file or object, of a format that names no other file."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import av
from av.error import FFmpegError

from roomreel.errors import MediaUnreadable
from roomreel.model.place import is_s3
from roomreel.model.room import MediaType
from roomreel.storage import s3

OPTIONS = {
    # A path can never be taken for a URL.
    "protocol_whitelist": "file",
    # Playlists (HLS, DASH, concat) open files of their own choice: out of the roots, too.
    "format_whitelist": "matroska,webm,mov,mp4,m4a,3gp,ogg,wav,aac,mp3,flac,ivf,avi,mpegts",
}


# What an object in S3 names in turn is not opened at all: no protocol is called so.
STREAM_OPTIONS = {**OPTIONS, "protocol_whitelist": "none"}


def open_media(path: str, options: Mapping[str, str] = MappingProxyType({})) -> Any:
    """Open a local file, or an object in S3 in place, with more options of FFmpeg's where needed.

    Args:
        path: of a file, or the pinned URL of an object (`roomreel.storage.s3.pinned`).

    Raises:
        FFmpegError: it is no media file of a known format; OSError and ValueError likewise.
        StorageFailed: the object cannot be read; so may every use of the container.
    """
    if is_s3(path):
        return av.open(s3.RangeReader(path), options={**options, **STREAM_OPTIONS})
    return av.open(f"file:{path}", options={**options, **OPTIONS})


def open_track(path: str, media_type: MediaType) -> tuple[Any, Any]:
    """A container and its first stream of a type, to decode from.

    Raises:
        MediaUnreadable: it cannot be opened, or has no such stream.
    """
    try:
        container = open_media(path)
    except (FFmpegError, OSError, ValueError) as error:
        raise MediaUnreadable(f"cannot open the media: {error}") from error
    stream = next((stream for stream in container.streams if stream.type == media_type), None)
    if stream is None:
        container.close()
        raise MediaUnreadable(f"the file has no {media_type} track any more")
    return container, stream
