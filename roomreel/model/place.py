"""Where bytes live: a path of this machine, or a place in S3. Both are built with `/`.

A location is the text of one: a path, a file:// URL or an s3:// URL. There is no other scheme.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Self
from urllib.parse import unquote

from roomreel.errors import StorageFailed

SCHEME = "s3://"

# What AWS, Ceph and MinIO all take as the name of a bucket. So no user, password or port fits in.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# Signs of a user, a port or a query: a password may stand there.
_NOT_IN_BUCKETS = re.compile(r"[@:?#]")
# A query would be a presigned link, and that is a credential.
_NOT_IN_KEYS = re.compile(r"[?#\x00-\x1f\x7f]")
_LONGEST_KEY_BYTES = 1024
_SECRETS = re.compile(r"^[^/]*@|[?#].*", re.DOTALL)
_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/]*)(?P<path>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class S3Location:
    """An object, or with a key that is "" or the name of a folder, what lies below it.

    Written as `s3://bucket/key`, the key as it is, nothing escaped.
    """

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"

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
        """What the keys below it begin with."""
        return f"{self.key.rstrip('/')}/" if self.key.strip("/") else ""

    def with_suffix(self, suffix: str) -> Self:
        """The place with another ending of its name."""
        return replace(self, key=str(PurePosixPath(self.key).with_suffix(suffix)))

    def absolute(self) -> Self:
        """Itself."""
        return self

    def normal(self) -> Self:
        """The place with `.`, `..` and empty parts of its key resolved; `..` ends at the bucket."""
        return replace(self, key=posixpath.normpath(f"/{self.key}").lstrip("/"))

    def is_relative_to(self, folder: S3Location) -> bool:
        """Whether it lies below a folder, or is that; both normal."""
        is_inside = self.key == folder.key or self.key.startswith(folder.folder_key)
        return self.bucket == folder.bucket and is_inside


Place = Path | S3Location


def is_s3(location: str) -> bool:
    """Whether a location is in S3; the scheme in any case of letters."""
    return location[: len(SCHEME)].lower() == SCHEME


def is_url(location: str) -> bool:
    """Whether a location is a URL rather than a path of this machine."""
    return _URL.match(location) is not None


def local_path(location: str) -> str:
    """The path that a location means on this machine: itself, or that of a file:// URL.

    Raises:
        StorageFailed: a URL of another scheme or machine.
    """
    url = _URL.fullmatch(location)
    if url is None:
        return location
    if url["scheme"].lower() != "file" or url["host"].lower() not in {"", "localhost"}:
        raise StorageFailed(
            f"{without_secrets(location)[:200]!r} is not a location that can be used",
            "name a path, or a URL that begins with file:/// or s3://",
        )
    return unquote(url["path"])


def parse(location: str) -> S3Location:
    """The bucket and key of an s3:// URL.

    Raises:
        StorageFailed: it is none, or holds what must not be in one (user, query); the message does
            not repeat it, since it may hold a password.
    """
    bucket, _, key = location[len(SCHEME) :].partition("/")
    if not is_s3(location) or _NOT_IN_BUCKETS.search(bucket) or _NOT_IN_KEYS.search(key):
        raise StorageFailed(
            "a location in S3 is not written as s3://bucket/key",
            "without user, port or query: credentials come from the AWS variables or a profile",
        )
    if not _BUCKET.fullmatch(bucket):
        raise StorageFailed(
            "the name of a bucket in S3 has 3 to 63 characters: a-z, 0-9, dot and hyphen",
            "it begins and ends with a letter or digit",
        )
    try:
        too_long = len(key.encode()) > _LONGEST_KEY_BYTES
    except UnicodeEncodeError as error:
        raise StorageFailed("a location in S3 holds half a character", "fix the URL") from error
    if too_long:
        raise StorageFailed(f"a key in bucket {bucket} is longer than {_LONGEST_KEY_BYTES} bytes")
    return S3Location(bucket, key)


def without_secrets(location: str) -> str:
    """The location as it may be shown and recorded: of a URL no user, no query, no fragment.

    For what strangers wrote, before it is known to be a place at all.
    """
    scheme, separator, rest = location.partition("://")
    if not separator:
        return location
    return scheme + separator + _SECRETS.sub("", rest)


def place_of(location: str) -> Place:
    """The place a path, a file:// or an s3:// URL names.

    Raises:
        StorageFailed: a URL that names none.
    """
    return parse(location) if is_s3(location) else Path(local_path(location))
