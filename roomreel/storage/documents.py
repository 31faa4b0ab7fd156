"""Documents at paths and URLs: list them, and read their bytes."""

from __future__ import annotations

import errno
import glob
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from roomreel.documents.text import SIZE_LIMIT_BYTES
from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation, is_url
from roomreel.storage.failure import storage_errors
from roomreel.storage.location import is_remote, local_path, location_of, parse
from roomreel.storage.stores import store_of
from roomreel.storage.walk import files_below


def discover(location: str) -> list[str]:
    """Return the documents at a location, sorted.

    Args:
        location: a folder (searched for **/*.json), a file or a glob, each a path or a URL.

    Returns:
        Paths for a path, URLs for a URL. Empty where a folder or the folder a glob starts in has
        no such file.

    Raises:
        StorageFailed: the folder, file, or the folder a glob starts in is not there or unreadable.
    """
    if is_remote(location):
        return list(_in_store(parse(location)))
    with storage_errors("search", location):
        found = sorted(_in_path(local_path(location)))
        return [Path(path).as_uri() for path in found] if is_url(location) else found


def read_bytes(location: str, limit_bytes: int = SIZE_LIMIT_BYTES) -> bytes:
    """Return all bytes of a file at a path or URL; the default limit is that of a document.

    Raises:
        StorageFailed: it is not there, not a regular file, unreadable, or larger than the limit.
    """
    data = read_head(location, limit_bytes + 1)  # a byte more shows that it is too large
    if len(data) > limit_bytes:
        raise StorageFailed(
            f"cannot read {location!r}: it is larger than {limit_bytes} bytes",
            "is it the right file?",
        )
    return data


def read_head(location: str, most_bytes: int) -> bytes:
    """Return the first bytes of a file at a path or URL, all of them where it has fewer.

    Raises:
        StorageFailed: it does not exist, is not a regular file, or unreadable.
    """
    with storage_errors("read", location):
        found = location_of(location)
        content = store_of(found).read(found, most_bytes)
        if content is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), location)
        return content.data


def _in_path(location: str) -> list[str]:
    path = Path(location)
    if path.is_dir():
        os.scandir(path).close()  # an unreadable folder is an error, not an empty one
        return [str(found) for found in _files(path) if found.name.endswith(".json")]
    if not glob.has_magic(location):
        path.stat()
        return [location]
    folder = next(parent for parent in path.parents if not glob.has_magic(str(parent)))
    os.scandir(folder).close()
    branches = path.relative_to(folder)
    fits = _fitting(str(branches))
    levels = None if "**" in str(branches) else len(branches.parts)
    return [
        str(found)
        for found in _files(folder, levels)
        if fits.fullmatch(str(found.relative_to(folder)))
    ]


def _files(folder: Path, levels: int | None = None) -> Iterator[Path]:
    """Yield the files below a folder, and links to files."""
    return (entry.path for entry in files_below(folder, levels) if entry.path.is_file())


def _fitting(pattern: str) -> re.Pattern[str]:
    """Return what a glob fits, the same on a disk and in a store."""
    from fsspec.utils import glob_translate

    return re.compile(glob_translate(pattern))


def _in_store(location: ObjectLocation) -> Iterator[str]:
    """Yield the documents below a folder, at a key, or at the keys a glob fits; in order."""
    store = store_of(location)
    if glob.has_magic(location.key):
        fits = _fitting(location.key)
        fixed = location.key[: next(re.finditer(r"[*?\[]", location.key)).start()]
        folder = replace(location, key=fixed.rpartition("/")[0])
    elif location.key and store.stat(location):
        yield str(location)
        return
    else:
        fits, folder = re.compile(r"(?s).*\.json"), location
    for found in store.list(folder):
        if fits.fullmatch(found.location.key):
            yield str(found.location)
