"""Files into S3 in parts: bounded memory, verified, and visible only when whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from botocore.exceptions import ClientError

from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation
from roomreel.storage.location import parse
from roomreel.storage.s3.client import client
from roomreel.storage.s3.failure import code_of, s3_errors
from roomreel.storage.s3.objects import look, md5_base64, put, required, type_of

PART_BYTES = 16 * 2**20
MOST_PARTS = 10_000  # of any upload, says S3
AT_ONCE = 4
"""Parts on their way at the same time; each holds its bytes in memory."""

MOST_DIFFERENT = 3
"""How often a part is sent whose bytes did not arrive as they were."""


@dataclass(frozen=True, slots=True)
class _Part:
    number: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A part that has arrived."""

    number: int
    etag: str
    md5: bytes


def upload(source: Path, url: str, metadata: Mapping[str, str] = MappingProxyType({})) -> None:
    """Copy a file to an object, replacing what is there.

    A reader sees the old object or the new one. Killed half-way, nothing is to be seen, and
    `clean_up_uploads` gives the space back.

    Args:
        source: a file that does not change meanwhile.
        url: s3:// URL; its ending says the Content-Type.
        metadata: of the user's kind (x-amz-meta-...).

    Raises:
        StorageFailed: it could not; what was there stays.
    """
    place = parse(url)
    about = headers_of(place) | {"Metadata": dict(metadata)}
    with s3_errors("upload", place):
        size = source.stat().st_size
        if size <= PART_BYTES:
            etag: str | None = put(place, source.read_bytes(), **about)
        else:
            etag = _in_parts(source, place, about)
    verify(place, size, etag)


def clean_up_uploads(folder: str, started_before: datetime, *, dry_run: bool = False) -> int:
    """End the uploads below a folder that were started before an instant and never finished.

    Returns:
        How many there were, or are where it is a dry run.

    Raises:
        StorageFailed: the store cannot be asked, or refuses.
    """
    place = parse(folder)
    ended = 0
    with s3_errors("clear unfinished uploads in", place):
        pages = client(place.bucket).get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=place.bucket, Prefix=place.folder_key):
            for one in page.get("Uploads", []):
                if one["Initiated"] < started_before:
                    if not dry_run:
                        _abort(replace(place, key=one["Key"]), one["UploadId"])
                    ended += 1
    return ended


def headers_of(place: ObjectLocation) -> dict[str, Any]:
    """Return the headers of an object that its name says."""
    return {"ContentType": type_of(place.name), "ContentDisposition": disposition(place.name)}


def disposition(name: str, kind: str = "attachment") -> str:
    """Return a Content-Disposition header: `kind` is attachment or inline (RFC 6266)."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\' else "_" for c in name)
    return f'{kind}; filename="{plain}"'


def _in_parts(source: Path, place: ObjectLocation, about: Mapping[str, Any]) -> str | None:
    """Send the parts; returns the ETag the whole should have, None where that is not known."""
    with begin_upload(place, about) as upload_id, source.open("rb") as file:
        size = os.fstat(file.fileno()).st_size

        def send(part: _Part) -> Sent:
            data = os.pread(file.fileno(), part.size, part.start)
            return send_part(place, upload_id, part.number, data)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            sent = list(pool.map(send, _parts(size)))
        parts = [{"PartNumber": one.number, "ETag": one.etag} for one in sent]
        complete(place, upload_id, parts)
    return etag_of(sent)


def _parts(size: int) -> list[_Part]:
    """Return parts of equal size but for the last."""
    most = max(PART_BYTES, -(-size // MOST_PARTS))
    starts = range(0, size, most)
    return [_Part(n, start, min(most, size - start)) for n, start in enumerate(starts, 1)]


@contextmanager
def begin_upload(place: ObjectLocation, about: Mapping[str, Any]) -> Iterator[str]:
    """Yield the id of an upload that ends with the block: finished in it, or aborted."""
    begun = client(place.bucket).create_multipart_upload(
        Bucket=place.bucket, Key=place.key, **about
    )
    upload_id: str = required(begun, "UploadId")
    is_done = False
    try:
        yield upload_id
        is_done = True
    finally:
        if not is_done:
            # If the store cannot be reached for this either, the clean-up does it another day.
            with suppress(StorageFailed), s3_errors("end an upload to", place):
                _abort(place, upload_id)


def send_part(place: ObjectLocation, upload_id: str, number: int, data: bytes) -> Sent:
    """Send a part of an upload, again where it arrives as other bytes."""
    for attempt in range(1, MOST_DIFFERENT + 1):
        try:
            answer = client(place.bucket).upload_part(
                Bucket=place.bucket,
                Key=place.key,
                UploadId=upload_id,
                PartNumber=number,
                Body=data,
                ContentMD5=md5_base64(data),
            )
        except ClientError as error:
            if code_of(error) != "BadDigest" or attempt == MOST_DIFFERENT:
                raise
        else:
            md5 = hashlib.md5(data, usedforsecurity=False).digest()
            return Sent(number, required(answer, "ETag"), md5)
    raise AssertionError("the loop returns or raises")


def complete(place: ObjectLocation, upload_id: str, parts: Sequence[Mapping[str, Any]]) -> None:
    """Put an upload together; whether it is there is for the caller to look."""
    try:
        client(place.bucket).complete_multipart_upload(
            Bucket=place.bucket,
            Key=place.key,
            UploadId=upload_id,
            MultipartUpload={"Parts": parts},
        )
    except ClientError as error:
        # The client asks again where the connection broke, and by then it may be done.
        if code_of(error) != "NoSuchUpload":
            raise


def _abort(place: ObjectLocation, upload_id: str) -> None:
    try:
        client(place.bucket).abort_multipart_upload(
            Bucket=place.bucket, Key=place.key, UploadId=upload_id
        )
    except ClientError as error:
        if code_of(error) != "NoSuchUpload":
            raise


def verify(place: ObjectLocation, size: int, etag: str | None) -> None:
    """See that an object is what was sent.

    Raises:
        StorageFailed: it is something else.
    """
    there = look(str(place))
    if there is None or there.size_bytes != size or etag not in {None, there.version}:
        raise StorageFailed(
            f"cannot upload {place}: what is there is not what was sent", "run it again"
        )


def etag_of(sent: list[Sent]) -> str | None:
    """Return the ETag of the whole, on stores where those are MD5 sums; else None."""
    if any(one.etag.strip('"') != one.md5.hex() for one in sent):
        return None  # encrypted with a key of the key service: each part was checked as it came
    digest = hashlib.md5(b"".join(one.md5 for one in sent), usedforsecurity=False)
    return f"{digest.hexdigest()}-{len(sent)}"
