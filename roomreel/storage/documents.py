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
from roomreel.model.location import Location, ObjectLocation, is_url
from roomreel.storage.failure import storage_errors
from roomreel.storage.location import is_remote, local_path, location_of, parse
from roomreel.storage.port import FileInfo
from roomreel.storage.stores import store_of
from roomreel.storage.walk import files_below, unless_gone

RECORD = ".import.json"
"""The ending of records of imports, which lie among manifests and are not looked for."""


def discover(location: str) -> list[str]:
    """Return the documents at a location, sorted.

    Args:
        location: a folder (searched for **/*.json), a file or a glob, each a path or a URL. Records
            of imports are found in no folder, and by no glob.

    Returns:
        Paths for a path, URLs for a URL. Empty where a folder or the folder a glob starts in has
        no such file.

    Raises:
        StorageFailed: the folder, file, or the folder a glob starts in is not there or unreadable.
    """
    if is_remote(location):
        return [str(found.location) for found in _in_store(parse(location))]
    with storage_errors("search", location):
        return [named(path, location) for path in sorted(_in_path(local_path(location)))]


def discover_stamped(location: str) -> dict[str, str]:
    """Return the documents at a location, each with a text that is another when its bytes are.

    What is gone by the time that it is looked at is left out.

    Args:
        location: as of `discover`.

    Raises:
        StorageFailed: as of `discover`.
    """
    if is_remote(location):
        return {str(found.location): found.version for found in _in_store(parse(location))}
    stamped: dict[str, str] = {}
    with storage_errors("search", location):
        for path in sorted(_in_path(local_path(location))):
            with unless_gone():
                about = os.stat(path)  # noqa: PTH116  of thousands, each second
                stamped[named(path, location)] = stamp_of(about)
    return stamped


def find_stamp(location: str) -> str | None:
    """Return the stamp of a document, as of `discover_stamped`; None where it is not there.

    Raises:
        StorageFailed: it cannot be looked at.
    """
    if is_remote(location):
        found = store_of(parse(location)).stat(parse(location))
        return found.version if found else None
    with storage_errors("look at", location), unless_gone():
        return stamp_of(os.stat(local_path(location)))  # noqa: PTH116  as above
    return None


def stamp_of(about: os.stat_result) -> str:
    """Return a text that is another one when the bytes of a file are."""
    return f"{about.st_ino}-{about.st_mtime_ns}-{about.st_size}"


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


def read_if_there(location: Location) -> bytes | None:
    """Return all bytes of a document of ours; None where it is not there.

    Raises:
        StorageFailed: it cannot be read.
    """
    content = store_of(location).read(location, SIZE_LIMIT_BYTES + 1)
    return None if content is None else content.data


def find_documents(folder: Location) -> dict[str, str]:
    """Return the documents in a folder of ours, as of `discover_stamped`; it need not be there."""
    if isinstance(folder, Path) and not folder.is_dir():
        return {}
    return discover_stamped(str(folder))


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


def named(path: str, location: str) -> str:
    """Return the name of a document: a URL where the location is one."""
    return Path(path).as_uri() if is_url(location) else path


def _in_path(location: str) -> list[str]:
    path = Path(location)
    if path.is_dir():
        os.scandir(path).close()  # an unreadable folder is an error, not an empty one
        return [str(found) for found in _files(path) if is_document(found.name)]
    if not glob.has_magic(location):
        path.stat()
        return [location]
    folder = next(parent for parent in path.parents if not glob.has_magic(str(parent)))
    os.scandir(folder).close()
    branches = path.relative_to(folder)
    fits = fitting(str(branches))
    levels = None if "**" in str(branches) else len(branches.parts)
    return [
        str(found)
        for found in _files(folder, levels)
        if fits.fullmatch(str(found.relative_to(folder))) and not found.name.endswith(RECORD)
    ]


def is_document(name: str) -> bool:
    """Return whether a file in a folder of documents is one, by its name."""
    return name.endswith(".json") and not name.endswith(RECORD)


def _files(folder: Path, levels: int | None = None) -> Iterator[Path]:
    """Yield the files below a folder, and links to files."""
    return (entry.path for entry in files_below(folder, levels) if entry.path.is_file())


def fitting(pattern: str) -> re.Pattern[str]:
    """Return what a glob fits, the same on a disk and in a store."""
    from fsspec.utils import glob_translate

    return re.compile(glob_translate(pattern))


def _in_store(location: ObjectLocation) -> Iterator[FileInfo[ObjectLocation]]:
    """Yield the documents below a folder, at a key, or at the keys a glob fits; in order."""
    store = store_of(location)
    if glob.has_magic(location.key):
        fits = fitting(location.key)
        fixed = location.key[: next(re.finditer(r"[*?\[]", location.key)).start()]
        folder = replace(location, key=fixed.rpartition("/")[0])
    elif location.key and (found := store.stat(location)):
        yield found
        return
    else:
        fits, folder = re.compile(r"(?s).*\.json"), location
    for found in store.list(folder):
        key = found.location.key
        if fits.fullmatch(key) and not key.endswith(RECORD):
            yield found
