"""Places in S3: `s3://bucket/key`, the key as it is, nothing escaped."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from roomreel.errors import StorageFailed

SCHEME = "s3://"

# What AWS, Ceph and MinIO all take as the name of a bucket. So no user, password or port fits in.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# A query would be a presigned link, and that is a credential.
_NOT_IN_KEYS = re.compile(r"[?#\x00-\x1f\x7f]")
_LONGEST_KEY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class S3Location:
    """An object, or with a key that is "" or the name of a folder, what lies below it."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"

    @property
    def folder_key(self) -> str:
        """The prefix of the keys below it."""
        return f"{self.key.rstrip('/')}/" if self.key.strip("/") else ""


def is_s3(location: str) -> bool:
    """Whether a location is in S3; the scheme in any case of letters."""
    return location[: len(SCHEME)].lower() == SCHEME


def parse(location: str) -> S3Location:
    """The bucket and key of an s3:// URL.

    Raises:
        StorageFailed: it is none, or holds what must not be in one (user, query); the message does
            not repeat it, since it may hold a password.
    """
    bucket, _, key = location[len(SCHEME) :].partition("/")
    if not is_s3(location) or not _BUCKET.fullmatch(bucket) or _NOT_IN_KEYS.search(key):
        raise StorageFailed(
            "a location in S3 is not written as s3://bucket/key",
            "without user, port or query: credentials come from the AWS variables or a profile",
        )
    try:
        too_long = len(key.encode()) > _LONGEST_KEY_BYTES
    except UnicodeEncodeError as error:
        raise StorageFailed("a location in S3 holds half a character", "mend the URL") from error
    if too_long:
        raise StorageFailed(f"a key in bucket {bucket} is longer than {_LONGEST_KEY_BYTES} bytes")
    return S3Location(bucket, key)


def normal(location: str) -> str:
    """The location with `.`, `..` and empty parts of its key resolved; `..` ends at the bucket.

    Raises:
        StorageFailed: it is no location in S3.
    """
    place = parse(location)
    return str(S3Location(place.bucket, posixpath.normpath(f"/{place.key}").lstrip("/")))
