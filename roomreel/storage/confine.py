"""Media of untrusted manifests, kept inside the configured roots."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Sequence
from pathlib import Path

from roomreel.errors import StorageFailed
from roomreel.model.location import Location, ObjectLocation, is_url, without_secrets
from roomreel.model.media import Stored
from roomreel.storage import s3
from roomreel.storage.failure import plain_words
from roomreel.storage.location import is_remote, local_path, parse


def resolve_media(manifest_url: str, media: str, roots: Sequence[str]) -> Location:
    """The place of a medium, every symbolic link resolved, inside one of the roots.

    A place outside is refused in the same words whether or not there is a file. What may change
    links inside a root while roomreel runs is trusted as the root itself.

    Args:
        manifest_url: path, file:// or s3:// URL of the manifest that names it.
        media: path relative to the manifest's folder, absolute path, or file:// or s3:// URL.
        roots: folders media may lie in, paths or s3:// URLs.

    Returns:
        A place where there may or may not be a file; if there is, `stat` says whether it is a
        plain one.

    Raises:
        StorageFailed: it lies outside the roots, or is no path at all.
    """
    refused = StorageFailed(
        f"the media path {without_secrets(media)[:200]!r} leads outside the media roots",
        "move the file into a folder of media_roots, or add its folder there",
    )
    if is_remote(media) or (is_remote(manifest_url) and not _is_absolute(media)):
        place = _in_s3(manifest_url, media, refused)
        folders = [parse(root).resolve() for root in roots if is_remote(root)]
        if not any(place.is_relative_to(folder) for folder in folders):
            raise refused
        return place
    here = "." if is_remote(manifest_url) else manifest_url
    folders_here = [local_path(root) for root in roots if not is_remote(root)]
    return _on_disk(here, media, folders_here, refused)


def stat(place: Location) -> Stored | None:
    """Size and version of a regular file or an object; None where there is nothing.

    Raises:
        StorageFailed: it is not a regular file, or cannot be looked at.
    """
    if isinstance(place, ObjectLocation):
        there = s3.look(str(place))
        if there is None:
            return None
        return Stored(there.url, there.size_bytes, there.etag, metadata=dict(there.metadata))
    with plain_words("look at", place):
        try:
            found = place.stat(follow_symlinks=False)
        except FileNotFoundError:
            return None
    if not modes.S_ISREG(found.st_mode):
        wrong = f"cannot use {str(place)!r}: it is not a regular file"
        raise StorageFailed(wrong, "name a media file")
    return Stored(str(place), found.st_size, str(found.st_mtime_ns))


def _is_absolute(media: str) -> bool:
    return is_url(media) or media.startswith("/")


def _in_s3(manifest_url: str, media: str, refused: StorageFailed) -> ObjectLocation:
    """The place an s3:// URL names, or a path relative to the folder of a manifest in S3."""
    try:
        named = parse(media) if is_remote(media) else parse(f"{parse(manifest_url).parent}/{media}")
    except StorageFailed as error:
        raise refused from error
    return named.resolve()


def _on_disk(manifest_url: str, media: str, roots: Sequence[str], refused: StorageFailed) -> Path:
    try:
        manifest, media = local_path(manifest_url), local_path(media)
    except StorageFailed as error:
        raise refused from error
    try:
        folder = os.path.realpath(Path(manifest).parent)
        # Judged once by its spelling, so that no link outside a root is ever looked at, and once
        # by where its links lead.
        spelled = os.path.normpath(Path(folder, media))
        inside = [os.path.realpath(root) for root in roots]
        if not _within(spelled, [*inside, *map(os.path.abspath, roots)]):
            raise refused
        resolved = os.path.realpath(spelled)
    except ValueError as error:  # a NUL, half a surrogate pair
        raise refused from error
    if not _within(resolved, inside):
        raise refused
    return Path(resolved)


def _within(path: str, folders: Sequence[str]) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)
