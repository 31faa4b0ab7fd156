"""Locations of bytes: a path of this machine, or an object of a store. Both are built with `/`.

What may be written for one, and which stores there are: `roomreel.storage.location`.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Self

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SECRETS = re.compile(r"^[^/]*@|[?#].*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ObjectLocation:
    """An object, or with a key that is "" or the name of a folder, what lies below it.

    Written as `scheme://bucket/key`, the key as it is, nothing escaped.
    """

    scheme: str
    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.key}"

    def __truediv__(self, name: str) -> Self:
        return replace(self, key=f"{self.folder_key}{name}")

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]

    @property
    def parent(self) -> Self:
        """The folder it is in."""
        return replace(self, key=self.key.rpartition("/")[0])

    @property
    def folder_key(self) -> str:
        """The beginning of the keys below it."""
        return f"{self.key.rstrip('/')}/" if self.key.strip("/") else ""

    def with_suffix(self, suffix: str) -> Self:
        """Return the location with another ending of its name."""
        return replace(self, key=str(PurePosixPath(self.key).with_suffix(suffix)))

    def absolute(self) -> Self:
        """Return itself."""
        return self

    def resolve(self) -> Self:
        """Return it with `.`, `..` and empty parts of its key resolved; `..` ends at the bucket."""
        return replace(self, key=posixpath.normpath(f"/{self.key}").lstrip("/"))

    def is_relative_to(self, folder: Path | ObjectLocation) -> bool:
        """Return whether it lies below a folder, or is that; both resolved."""
        if isinstance(folder, Path):
            return False
        is_inside = self.key == folder.key or self.key.startswith(folder.folder_key)
        return (self.scheme, self.bucket) == (folder.scheme, folder.bucket) and is_inside


Location = Path | ObjectLocation


def is_url(text: str) -> bool:
    """Return whether a location is written as a URL rather than as a path of this machine."""
    return _URL.match(text) is not None


def without_secrets(text: str) -> str:
    """Return a location as it may be shown and recorded: of a URL no user, query or fragment.

    For what strangers wrote, before it is known to be a location at all.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        return text
    return scheme + separator + _SECRETS.sub("", rest)
