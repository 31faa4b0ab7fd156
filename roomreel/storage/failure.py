"""The one place where errors of the operating system become `StorageFailed`."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from roomreel.errors import StorageFailed
from roomreel.model.location import Location, without_secrets

_WORDS = {
    errno.ENOSPC: ("the disk is full", "make room, or choose another folder in the settings"),
    errno.EDQUOT: ("the disk quota is used up", "make room, or choose another folder"),
    errno.EACCES: ("permission denied", "check the owner and mode of the file and its folders"),
    errno.EPERM: ("permission denied", "check the owner and mode of the file and its folders"),
    errno.EROFS: ("the file system is read-only", "choose another folder in the settings"),
    errno.ENOENT: ("it does not exist", "check the path"),
    errno.ENOTDIR: ("a part of the path is not a folder", "check the path"),
    errno.EISDIR: ("it is a folder", "name a file"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name"),
    errno.ELOOP: ("its symbolic links lead in a circle", "fix the links"),
    errno.EIO: ("the device reports an error", "check the disk"),
    errno.EFBIG: ("the file is larger than the file system or a limit allows", "raise the limit"),
}


@contextmanager
def storage_errors(doing: str, place: Location | str) -> Iterator[None]:
    """Turn what the operating system says inside the block into `StorageFailed`.

    Args:
        doing: the verb, as in "cannot <doing> <place>".
        place: path or URL it is done to.

    Raises:
        StorageFailed: something in the block raised `OSError`, or took the place for no valid one.
    """
    try:
        yield
    except OSError as error:
        words, remedy = _WORDS.get(
            error.errno or 0, (os.strerror(error.errno) if error.errno else str(error), "")
        )
        raise StorageFailed(f"cannot {doing} {_shown(place)}: {words}", remedy) from error
    except (ValueError, ImportError) as error:
        # A NUL or half a surrogate pair in a path, an unknown URL scheme, its library missing.
        raise StorageFailed(f"cannot {doing} {_shown(place)}: {error}", "check the path") from error


def _shown(place: Location | str) -> str:
    """Return the location as text without anything that could steer a terminal."""
    text = without_secrets(str(place))
    return text if text.isprintable() else ascii(text)
