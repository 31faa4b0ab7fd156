"""Media of untrusted manifests, kept inside the configured roots."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from roomreel.errors import StorageFailed
from roomreel.model.media import Stored
from roomreel.storage.failure import plain_words
from roomreel.storage.source import is_url


def resolve_media(manifest_url: str, media: str, roots: Sequence[str]) -> Path:
    """The local path of a medium, every symbolic link resolved, inside one of the roots.

    A place outside is refused in the same words whether or not there is a file. What may change
    links inside a root while roomreel runs is trusted as the root itself.

    Args:
        manifest_url: path or file:// URL of the manifest that names it.
        media: path relative to the manifest's folder, absolute path, or file:// URL.
        roots: folders media may lie in.

    Returns:
        A path that may or may not exist; if it does, `stat` says whether it is a plain file.

    Raises:
        StorageFailed: it lies outside the roots, or is no path at all.
    """
    refused = StorageFailed(
        f"the media path {media[:200]!r} leads outside the media roots",
        "move the file into a folder of media_roots, or add its folder there",
    )
    try:
        folder = os.path.realpath(Path(_local(manifest_url)).parent)
        # Judged once by its spelling, so that no link outside a root is ever looked at, and once
        # by where its links lead.
        spelled = os.path.normpath(Path(folder, _local(media)))
        inside = [os.path.realpath(root) for root in roots]
        if not _within(spelled, [*inside, *map(os.path.abspath, roots)]):
            raise refused
        resolved = os.path.realpath(spelled)
    except ValueError as error:  # a NUL, half a surrogate pair, another scheme
        raise refused from error
    if not _within(resolved, inside):
        raise refused
    return Path(resolved)


def stat(path: Path) -> Stored | None:
    """Size and version of a plain file; None where there is nothing.

    Raises:
        StorageFailed: it is no plain file, or cannot be looked at.
    """
    with plain_words("look at", path):
        try:
            found = path.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
    if not modes.S_ISREG(found.st_mode):
        raise StorageFailed(f"cannot use {str(path)!r}: it is no plain file", "name a media file")
    return Stored(str(path), found.st_size, str(found.st_mtime_ns))


def _local(location: str) -> str:
    """The path a location means on this machine.

    Raises:
        ValueError: a URL of another scheme or machine.
    """
    if not is_url(location):
        return location
    parts = urlsplit(location)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        raise ValueError(location)
    return unquote(parts.path)


def _within(path: str, folders: Sequence[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)
