"""Files of any store: looked at, read, written, published, removed."""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from roomreel.model.location import Location
from roomreel.model.media import Stored
from roomreel.storage.failure import storage_errors
from roomreel.storage.stores import remote_store_of, store_of
from roomreel.storage.stream import PinnedFile

_AT_ONCE_BYTES = 2**20


def stat(location: Location) -> Stored | None:
    """Return size and version of a file; None where there is nothing.

    Raises:
        StorageFailed: it is not a regular file, or cannot be looked at.
    """
    found = store_of(location).stat(location)
    if found is None:
        return None
    metadata = dict(found.metadata)
    return Stored(str(found.location), found.size_bytes, found.version, metadata=metadata)


def publish(
    source: Path, destination: Location, metadata: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Move a finished file into place, replacing what is there.

    A reader, or a crash at any instant, sees the old file or the new one, whole and on disk.
    Missing folders are made.

    Args:
        source: file of this machine; gone afterwards.
        destination: where it goes.
        metadata: of an object; a disk has no place for it.

    Raises:
        StorageFailed: it could not; nothing is left beside the destination.
    """
    store_of(destination).put_file(source, destination, metadata)


def write_bytes(location: Location, data: bytes) -> None:
    """Write a small file, replacing what is there, as `publish` does.

    Raises:
        StorageFailed: it could not; what was there is unharmed.
    """
    store_of(location).write(location, data)


def remove(location: Location) -> None:
    """Remove a file; nothing happens where there is none.

    Raises:
        StorageFailed: it cannot be removed.
    """
    store_of(location).remove(location)


def clean_up_unfinished(root: Location, *, dry_run: bool = False) -> int:
    """Remove what killed publishers left anywhere under `root`.

    Returns:
        How many files or uploads were removed, or would be; 0 where there is no `root`.

    Raises:
        StorageFailed: `root` cannot be read, or a file in it not be removed.
    """
    return store_of(root).clean_up(root, dry_run=dry_run)


def sha256_of(location: Location) -> str:
    """Return the hex digest of a file's bytes.

    Raises:
        StorageFailed: it cannot be read, or is not there.
    """
    digest = hashlib.sha256()
    with storage_errors("read", location), _open(location) as file:
        for part in iter(partial(file.read, _AT_ONCE_BYTES), b""):
            digest.update(part)
    return digest.hexdigest()


def find_sha256(location: Location) -> str | None:
    """Return the hex digest of a file without a download: of an object, what its store computed.

    None where the store has none, such as of what was sent to it in parts.

    Raises:
        StorageFailed: it cannot be read, or is not there.
    """
    if isinstance(location, Path):
        return sha256_of(location)
    found = store_of(location).stat(location)
    digest = found and found.checksums.get("SHA256")
    return base64.b64decode(digest).hex() if digest else None


def _open(location: Location) -> BinaryIO | io.RawIOBase:
    if isinstance(location, Path):
        return location.open("rb")
    store = remote_store_of(location)
    found = store.stat(location)
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(location))
    return PinnedFile(store, found)
