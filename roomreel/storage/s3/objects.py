"""Objects: look, read, write, list, remove."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any

from botocore import exceptions as boto
from botocore.exceptions import ClientError
from urllib3.exceptions import HTTPError

from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation
from roomreel.storage.location import parse
from roomreel.storage.port import REPLACED, FileInfo, Replaced
from roomreel.storage.s3.client import client
from roomreel.storage.s3.failure import code_of, s3_errors

MOST_BROKEN_READS = 5
"""How often a body that breaks off is asked for again; the client itself repeats requests only."""

_TYPES: Mapping[str, str] = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
}
_KMS = "aws:kms"
_MD5 = re.compile(r"[0-9a-f]{32}")

_REPLACED = {"PreconditionFailed", "NoSuchKey"}

_BROKEN = (
    boto.IncompleteReadError,
    boto.ReadTimeoutError,
    boto.ResponseStreamingError,
    boto.ConnectionClosedError,
    HTTPError,  # within the body of an answer that says why not
)


def look(url: str) -> FileInfo[ObjectLocation] | None:
    """Return what the store says of an object; None where there is none.

    Raises:
        StorageFailed: the store cannot be asked, or there is no bucket.
    """
    place = parse(url)
    with s3_errors("look at", place):
        try:
            answer = client(place.bucket).head_object(
                Bucket=place.bucket, Key=place.key, ChecksumMode="ENABLED"
            )
        except ClientError as error:
            if code_of(error) == "NoSuchKey" and _has_bucket(place):
                return None
            # An answer to HEAD has no body, so it does not say why.
            _whole(place, {"Range": "bytes=0-0"})
            raise
    return FileInfo(
        place,
        size_bytes=required(answer, "ContentLength"),
        version=_bare(required(answer, "ETag")),
        modified=required(answer, "LastModified"),
        metadata=MappingProxyType(answer.get("Metadata", {})),
        checksums=MappingProxyType(_checksums(answer)),
    )


def read(url: str, most_bytes: int | None = None) -> tuple[bytes, str] | None:
    """Return the first, or all, bytes of an object and its ETag; None where there is none.

    Raises:
        StorageFailed: it cannot be read.
    """
    place = parse(url)
    wanted = {} if most_bytes is None else {"Range": f"bytes=0-{most_bytes - 1}"}
    with s3_errors("read", place):
        try:
            answer, data = _whole(place, wanted)
        except ClientError as error:
            if code_of(error) == "InvalidRange":  # what has no byte has no first one
                return read(url)
            if code_of(error) == "NoSuchKey":
                return None
            raise
    return data, _bare(required(answer, "ETag"))


def read_range(url: str, start: int, size: int, etag: str) -> bytes:
    """Return `size` bytes (fewer at the end) from byte `start` of one version of an object.

    Raises:
        Replaced: it is another version by now, or gone.
        StorageFailed: it cannot be read.
    """
    place = parse(url)
    wanted = {"Range": f"bytes={start}-{start + size - 1}", "IfMatch": f'"{etag}"'}
    with s3_errors("read", place):
        try:
            _, data = _whole(place, wanted)
        except ClientError as error:
            if code_of(error) in _REPLACED:
                raise Replaced(f"cannot read {place}: {REPLACED}", "run it again") from error
            raise
    return data


def write(url: str, data: bytes, content_type: str | None = None) -> str:
    """Write a small object, replacing what is there; return its ETag.

    Args:
        content_type: unset: as its name says.

    Raises:
        StorageFailed: it cannot be written; what was there stays.
    """
    place = parse(url)
    with s3_errors("write", place):
        return put(place, data, ContentType=content_type or type_of(place.name))


def put(place: ObjectLocation, data: bytes, **more: Any) -> str:
    """Send one PUT with its checksum and more arguments of the client's; return the ETag."""
    answer = client(place.bucket).put_object(
        Bucket=place.bucket, Key=place.key, Body=data, ContentMD5=md5_base64(data), **more
    )
    return _bare(required(answer, "ETag"))


def required(answer: Mapping[str, Any], name: str) -> Any:
    """Return a member of an answer that every store has to give.

    Raises:
        StorageFailed: it does not exist.
    """
    if name not in answer:
        raise StorageFailed(
            f"the answer of the store has no {name}", "look at what is between, or use another one"
        )
    return answer[name]


def remove(url: str) -> None:
    """Remove an object; nothing happens where there is none.

    Raises:
        StorageFailed: it cannot be removed.
    """
    place = parse(url)
    with s3_errors("remove", place):
        client(place.bucket).delete_object(Bucket=place.bucket, Key=place.key)


def below(folder: str) -> Iterator[FileInfo[ObjectLocation]]:
    """Yield the objects whose keys begin with a folder's, in the order of their keys.

    Raises:
        StorageFailed: the store cannot be asked, or there is no bucket.
    """
    place = parse(folder)
    with s3_errors("list", place):
        pages = client(place.bucket).get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=place.bucket, Prefix=place.folder_key):
            for one in page.get("Contents", []):
                location = replace(place, key=one["Key"])
                yield FileInfo(location, one["Size"], _bare(one["ETag"]), one["LastModified"])


def type_of(name: str) -> str:
    """Return the Content-Type of an object by the ending of its name."""
    return _TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")


def md5_base64(data: bytes) -> str:
    """Return the value of a Content-MD5 header."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _whole(place: ObjectLocation, wanted: Mapping[str, str]) -> tuple[Any, bytes]:
    """Return an answer and its whole body, asked for again where the body breaks off."""
    for attempt in range(MOST_BROKEN_READS):
        try:
            answer = client(place.bucket).get_object(Bucket=place.bucket, Key=place.key, **wanted)
            # Entered itself, it gives the bare stream, whose errors are not translated.
            with closing(answer["Body"]) as body:
                return answer, body.read()
        except _BROKEN:
            if attempt + 1 == MOST_BROKEN_READS:
                raise
    raise StorageFailed(f"cannot read {place}: the connection broke")


def _has_bucket(place: ObjectLocation) -> bool:
    """Return whether it is the object that is missing; true where the caller may not know."""
    try:
        client(place.bucket).head_bucket(Bucket=place.bucket)
    except ClientError as error:
        return code_of(error) == "AccessDenied"
    return True


def _checksums(answer: Mapping[str, Any]) -> dict[str, str]:
    # A checksum of the checksums of parts ends in their number.
    names = ("SHA256", "SHA1", "CRC32")
    digests = {name: answer.get(f"Checksum{name}", "") for name in names}
    digests["MD5"] = _md5_in(answer)
    return {name: value for name, value in digests.items() if value and "-" not in value}


def _md5_in(answer: Mapping[str, Any]) -> str:
    """Return the MD5 sum an ETag is, base64; "" for parts and what a user's key encrypts."""
    etag = _bare(required(answer, "ETag"))
    is_other = "SSECustomerAlgorithm" in answer or _KMS in answer.get("ServerSideEncryption", "")
    if is_other or not _MD5.fullmatch(etag):
        return ""
    return base64.b64encode(bytes.fromhex(etag)).decode()


def _bare(etag: str) -> str:
    return etag.strip('"')
