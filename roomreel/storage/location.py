"""The texts of locations: a path, a file:// URL, or the URL of an object of a store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from roomreel.errors import StorageFailed
from roomreel.model.location import Location, ObjectLocation, without_secrets

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/]*)(?P<path>.*)", re.DOTALL)
# Signs of a user, a port or a query: a password may stand there.
_NOT_IN_BUCKETS = re.compile(r"[@:?#]")
# A query would be a presigned link, and that is a credential.
_NOT_IN_KEYS = re.compile(r"[?#\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Scheme:
    """The rules for URLs of a kind of stores.

    Attributes:
        store: what people call it.
        bucket: what the name of a bucket is like; `bucket_rules` is the same in words.
        longest_key_bytes: in UTF-8.
        credentials: where they come from, in words, as none may stand in a URL.
    """

    store: str
    bucket: re.Pattern[str]
    bucket_rules: tuple[str, str]
    longest_key_bytes: int
    credentials: str


SCHEMES: Mapping[str, Scheme] = {
    "s3": Scheme(
        store="S3",
        # What AWS, Ceph and MinIO all take. So no user, password or port fits in.
        bucket=re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
        bucket_rules=(
            "has 3 to 63 characters: a-z, 0-9, dot and hyphen",
            "it begins and ends with a letter or digit",
        ),
        longest_key_bytes=1024,
        credentials="the AWS variables or a profile",
    ),
}
"""By scheme; `roomreel.storage.stores` has the store of each."""


def location_of(text: str) -> Location:
    """Return the location that a path or a URL names.

    Raises:
        StorageFailed: a URL that names none.
    """
    return parse(text) if is_remote(text) else Path(local_path(text))


def is_remote(text: str) -> bool:
    """Return whether a location is in a store, and not on a disk of this machine."""
    return scheme_of(text) in SCHEMES


def scheme_of(text: str) -> str:
    """Return the scheme of a URL, in lower case; "" of a path."""
    url = _URL.match(text)
    return url["scheme"].lower() if url else ""


def local_path(text: str) -> str:
    """Return the path that a location means on this machine: itself, or that of a file:// URL.

    Raises:
        StorageFailed: a URL of another scheme or machine.
    """
    url = _URL.fullmatch(text)
    if url is None:
        return text
    if url["scheme"].lower() != "file" or url["host"].lower() not in {"", "localhost"}:
        beginnings = " or ".join(["file:///", *(f"{scheme}://" for scheme in SCHEMES)])
        raise StorageFailed(
            f"{without_secrets(text)[:200]!r} is not a location that can be used",
            f"name a path, or a URL that begins with {beginnings}",
        )
    return unquote(url["path"])


def parse(text: str) -> ObjectLocation:
    """Return the location that a URL of a store names.

    Raises:
        StorageFailed: it is not one, or holds what must not be in one (user, query); the message
            does not repeat it, since it may hold a password.
    """
    scheme = scheme_of(text)
    if scheme not in SCHEMES:
        raise _misspelled("s3")
    rules = SCHEMES[scheme]
    bucket, _, key = text[len(f"{scheme}://") :].partition("/")
    if _NOT_IN_BUCKETS.search(bucket) or _NOT_IN_KEYS.search(key):
        raise _misspelled(scheme)
    if not rules.bucket.fullmatch(bucket):
        rule, remedy = rules.bucket_rules
        raise StorageFailed(f"the name of a bucket in {rules.store} {rule}", remedy)
    try:
        too_long = len(key.encode()) > rules.longest_key_bytes
    except UnicodeEncodeError as error:
        raise StorageFailed(
            f"a location in {rules.store} holds half a character", "fix the URL"
        ) from error
    if too_long:
        longest = rules.longest_key_bytes
        raise StorageFailed(f"a key in bucket {bucket} is longer than {longest} bytes")
    return ObjectLocation(scheme, bucket, key)


def _misspelled(scheme: str) -> StorageFailed:
    rules = SCHEMES[scheme]
    return StorageFailed(
        f"a location in {rules.store} is not written as {scheme}://bucket/key",
        f"without user, port or query: credentials come from {rules.credentials}",
    )
