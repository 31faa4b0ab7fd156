"""Documents at paths and URLs: which there are, and their bytes."""

from __future__ import annotations

import errno
import glob
import os
import re
import stat as modes
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from roomreel.documents.text import SIZE_LIMIT_BYTES
from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation, is_url
from roomreel.storage import s3
from roomreel.storage.failure import plain_words
from roomreel.storage.location import is_remote, local_path, parse
from roomreel.storage.walk import files_below


def discover(location: str) -> list[str]:
    """The documents at a location, sorted.

    Args:
        location: a folder (searched for **/*.json), a file or a glob, each a path, a file:// or an
            s3:// URL.

    Returns:
        Paths for a path, URLs for a URL. Empty where a folder or the folder a glob starts in has
        no such file.

    Raises:
        StorageFailed: the folder, file, or the folder a glob starts in is not there or unreadable.
    """
    if is_remote(location):
        return list(_in_s3(parse(location)))
    with plain_words("search", location):
        found = sorted(_in_path(local_path(location)))
        return [Path(path).as_uri() for path in found] if is_url(location) else found


def read_bytes(location: str, limit_bytes: int = SIZE_LIMIT_BYTES) -> bytes:
    """All bytes of a file at a path or URL; the default limit is that of a document.

    Raises:
        StorageFailed: it is not there, not a regular file, unreadable, or larger than the limit.
    """
    data = read_head(location, limit_bytes + 1)  # a byte more tells that it is too large
    if len(data) > limit_bytes:
        raise StorageFailed(
            f"cannot read {location!r}: it is larger than {limit_bytes} bytes",
            "is it the right file?",
        )
    return data


def read_head(location: str, most_bytes: int) -> bytes:
    """The first bytes of a file at a path or URL, all of them where it has fewer.

    Raises:
        StorageFailed: it does not exist, not a regular file, or unreadable.
    """
    read = _s3_bytes if is_remote(location) else _path_bytes
    with plain_words("read", location):
        return read(location, most_bytes)


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
    """The files below a folder, and links to files."""
    return (entry.path for entry in files_below(folder, levels) if entry.path.is_file())


def _fitting(pattern: str) -> re.Pattern[str]:
    """What a glob fits, the same on a disk and in S3."""
    from fsspec.utils import glob_translate

    return re.compile(glob_translate(pattern))


def _in_s3(place: ObjectLocation) -> Iterator[str]:
    """The documents below a folder, at a key, or at the keys a glob fits; in order."""
    if glob.has_magic(place.key):
        fits = _fitting(place.key)
        fixed = place.key[: next(re.finditer(r"[*?\[]", place.key)).start()]
        folder = replace(place, key=fixed.rpartition("/")[0])
    elif place.key and s3.look(str(place)):
        yield str(place)
        return
    else:
        fits, folder = re.compile(r"(?s).*\.json"), place
    for found in s3.below(str(folder)):
        if fits.fullmatch(parse(found.url).key):
            yield found.url


def _s3_bytes(location: str, most_bytes: int) -> bytes:
    found = s3.read(location, most_bytes)
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), location)
    return found[0]


def _path_bytes(location: str, most_bytes: int) -> bytes:
    # Without O_NONBLOCK opening a named pipe waits for somebody to write into it.
    descriptor = os.open(local_path(location), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not modes.S_ISREG(os.fstat(descriptor).st_mode):
            raise StorageFailed(f"cannot read {location!r}: it is not a regular file")
        return file.read(most_bytes)
