"""HTTP URLs of folders in buckets, as clients of the hosted service write them."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes, urlsplit

from roomreel.documents.buckets import S3Account
from roomreel.model.external import External
from roomreel.model.location import ObjectLocation

LONGEST_FOLDER = 900
"""Bytes of a key that leave room for the names of files, of the 1024 of S3."""

_AWS = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3(?:[.-](?P<region>[a-z0-9-]+))?\.amazonaws\.com(?:\.cn)?"
)
_BAD = re.compile(r"[\x00-\x1f\x7f?#]")


def parse_external(url: str, account: S3Account) -> External:
    """Return the folder that a URL names, in a bucket that an account is for.

    Both forms are taken: `https://BUCKET.HOST/FOLDER` and `https://HOST/BUCKET/FOLDER`.

    Raises:
        ValueError: it names none; says why, in words for whoever wrote it.
    """
    try:
        split = urlsplit(url)
        host, port = (split.hostname or ""), split.port
    except ValueError as error:
        raise ValueError("is no URL") from error
    endpoint = urlsplit(account.endpoint or "https://s3.amazonaws.com")
    if split.scheme != endpoint.scheme or split.username is not None or not url.isprintable():
        raise ValueError(f"is no {endpoint.scheme} URL without a user")
    if split.query or split.fragment or url.endswith(("?", "#")):
        raise ValueError("has a query or a fragment")
    path = _unquoted(split.path)
    bucket = _bucket_before(host, port, account)
    if bucket is None:
        bucket, _, path = path.lstrip("/").partition("/")
    if bucket not in account.buckets:
        raise ValueError("lies in no bucket that the credential names")
    names = path.strip("/").split("/") if path.strip("/") else []
    if any(name in {"", ".", ".."} or _BAD.search(name) for name in names):
        raise ValueError("has a part of its path that is empty, a dot or two, or not printable")
    key = "/".join(names)
    if len(key.encode()) > LONGEST_FOLDER:
        raise ValueError(f"has a path of more than {LONGEST_FOLDER} bytes")
    return External(ObjectLocation("s3", bucket, key), url.rstrip("/"))


def _bucket_before(host: str, port: int | None, account: S3Account) -> str | None:
    """Return the bucket that the host of a URL begins with; None where it is the server alone.

    Raises:
        ValueError: it is another server than that of the account, or another region of AWS.
    """
    if account.endpoint is None:
        match = _AWS.fullmatch(host)
        if match is None or port not in {None, 443}:
            raise ValueError("is not of AWS, and the credential names no other endpoint")
        if match["region"] not in {None, account.region}:
            raise ValueError(
                f"is of region {match['region']}, and the credential of {account.region}"
            )
        return match["bucket"]
    server = urlsplit(account.endpoint)
    usual = {"http": 80, "https": 443}[server.scheme]
    name = server.hostname or ""
    if (port or usual) == (server.port or usual):
        if host == name:
            return None
        if host.endswith(f".{name}"):
            return host.removesuffix(f".{name}")
    raise ValueError("is of another server than the endpoint of the credential")


def _unquoted(path: str) -> str:
    try:
        return unquote_to_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise ValueError("has a path that is no UTF-8") from error
