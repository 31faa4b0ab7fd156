"""Media of untrusted manifests, kept inside the configured roots."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from roomreel.errors import StorageFailed
from roomreel.model.location import Location, ObjectLocation, is_url, without_secrets
from roomreel.storage.location import is_remote, local_path, parse


def resolve_media_path(manifest_url: str, media: str, roots: Sequence[str]) -> Location:
    """Return the location of a media file, inside one of the roots, symbolic links resolved.

    A location outside is refused in the same words whether or not there is a file. What may change
    links inside a root while roomreel runs is trusted as the root itself.

    Args:
        manifest_url: path or URL of the manifest that names it.
        media: path relative to the manifest's folder, absolute path, or URL.
        roots: folders media may lie in, paths or URLs.

    Returns:
        A location where there may or may not be a file; `stat` says whether it is a regular one.

    Raises:
        StorageFailed: it lies outside the roots, or is not a path at all.
    """
    refused = StorageFailed(
        f"the media path {without_secrets(media)[:200]!r} leads outside the media roots",
        "move the file into a folder of media_roots, or add its folder there",
    )
    if is_remote(media) or (is_remote(manifest_url) and not _is_absolute(media)):
        location = _in_store(manifest_url, media, refused)
        folders = [parse(root).resolve() for root in roots if is_remote(root)]
        if not any(location.is_relative_to(folder) for folder in folders):
            raise refused
        return location
    here = "." if is_remote(manifest_url) else manifest_url
    folders_here = [local_path(root) for root in roots if not is_remote(root)]
    return _on_disk(here, media, folders_here, refused)


def is_inside(manifest_url: str, media: str, roots: Sequence[str]) -> bool:
    """Return whether `resolve_media_path` would return a location."""
    try:
        resolve_media_path(manifest_url, media, roots)
    except StorageFailed:
        return False
    return True


def _is_absolute(media: str) -> bool:
    return is_url(media) or media.startswith("/")


def _in_store(manifest_url: str, media: str, refused: StorageFailed) -> ObjectLocation:
    """Return what the URL of an object, or a path relative to a manifest in a store, names."""
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
