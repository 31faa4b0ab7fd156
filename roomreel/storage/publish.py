"""Files that appear whole or not at all, on a disk or in S3."""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import os
import re
import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

from roomreel.model.location import Location, ObjectLocation
from roomreel.storage import s3
from roomreel.storage.failure import plain_words
from roomreel.storage.lock import try_hold
from roomreel.storage.replace import make_folder, new_file, put_in_place, replace_file, sync
from roomreel.storage.walk import files_below

_TEMPORARY = re.compile(r"\.roomreel-[0-9a-f]{16}\.part")
# Where locks do not tell (a network file system), age does: no copy takes a day.
ABANDONED_AFTER_S = 24 * 3600
_AT_ONCE_BYTES = 2**20


def publish(
    source: Path, destination: Location, metadata: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Move a finished file into place, replacing what is there.

    A reader, or a crash at any instant, sees the old file or the new one, whole and on disk.
    Missing folders are made. Across file systems the bytes are first copied beside the destination.

    Args:
        source: file of this machine; gone afterwards.
        destination: where it goes.
        metadata: of an object in S3; a disk has no place for it.

    Raises:
        StorageFailed: it could not; nothing is left beside the destination.
    """
    if isinstance(destination, ObjectLocation):
        s3.upload(source, str(destination), metadata)
        source.unlink()
        return
    with plain_words("publish", destination):
        make_folder(destination.parent)
        sync(source)
        try:
            put_in_place(source, destination)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            with source.open("rb") as reader, new_file(destination) as writer:
                shutil.copyfileobj(reader, writer, _AT_ONCE_BYTES)
            source.unlink()
        sync(destination.parent)


def write_bytes(place: Location, data: bytes) -> None:
    """Write a small file, replacing what is there, as `publish` does.

    Raises:
        StorageFailed: it could not; what was there is unharmed.
    """
    if isinstance(place, ObjectLocation):
        s3.write(str(place), data)
        return
    with plain_words("write", place):
        replace_file(place, data)


def remove(place: Location) -> None:
    """Remove a file; nothing happens where there is none.

    Raises:
        StorageFailed: it cannot be removed.
    """
    if isinstance(place, ObjectLocation):
        s3.remove(str(place))
        return
    with plain_words("remove", place):
        place.unlink(missing_ok=True)


def reap_temps(root: Location, *, dry_run: bool = False) -> int:
    """Remove what killed publishers left anywhere under `root`.

    Returns:
        How many files or uploads were removed, or would be; 0 where there is no `root`.

    Raises:
        StorageFailed: `root` cannot be read, or a file in it not be removed.
    """
    if isinstance(root, ObjectLocation):
        abandoned = timedelta(seconds=ABANDONED_AFTER_S)
        return s3.sweep_uploads(str(root), datetime.now(UTC) - abandoned, dry_run=dry_run)
    with plain_words("clear unfinished files in", root):
        return sum(
            _reaped(entry.path, dry_run=dry_run)
            for entry in files_below(root)
            if _TEMPORARY.fullmatch(entry.path.name)
        )


def sha256_of(place: Location) -> str:
    """Hex digest of a file's bytes.

    Raises:
        StorageFailed: it cannot be read, or is not there.
    """
    digest = hashlib.sha256()
    with plain_words("read", place), _opened(place) as file:
        for part in iter(partial(file.read, _AT_ONCE_BYTES), b""):
            digest.update(part)
    return digest.hexdigest()


def known_sha256(place: Location) -> str | None:
    """Hex digest of a file's bytes without a download: of an object, what its store has computed.

    None where the store has none, such as of what was sent to it in parts.

    Raises:
        StorageFailed: it cannot be read, or is not there.
    """
    if isinstance(place, Path):
        return sha256_of(place)
    found = s3.look(str(place))
    digest = found and found.checksums.get("SHA256")
    return base64.b64decode(digest).hex() if digest else None


def _opened(place: Location) -> BinaryIO | io.RawIOBase:
    if isinstance(place, Path):
        return place.open("rb")
    found = s3.look(str(place))
    if found is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(place))
    return s3.RangeReader(s3.pinned(found.url, found.etag))


def _reaped(path: Path, *, dry_run: bool) -> bool:
    """Remove a temporary file unless somebody works on it, or tell whether one would."""
    try:
        age_s = time.time() - path.lstat().st_mtime
        descriptor = try_hold(path)
    except OSError:  # gone, or not ours to open
        return False
    if descriptor is None and age_s <= ABANDONED_AFTER_S:
        return False
    if not dry_run:
        path.unlink(missing_ok=True)
    if descriptor is not None:
        os.close(descriptor)
    return True
