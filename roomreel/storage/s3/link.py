"""Temporary links, with which anyone may read one object until they expire."""

from __future__ import annotations

from collections.abc import Mapping

from roomreel.errors import StorageFailed
from roomreel.storage.location import parse
from roomreel.storage.s3.client import client
from roomreel.storage.s3.failure import s3_errors

LONGEST_S = 3600


def presign(url: str, seconds: int, headers: Mapping[str, str]) -> str:
    """Return a link to an object that anybody can open for a time; the store is not asked.

    It also ends with the credentials that signed it, where those are temporary.

    Args:
        url: s3:// URL of the object.
        seconds: 1 to 3600.
        headers: of the answer, by their names in S3's API: `ResponseContentType`.

    Raises:
        StorageFailed: there are no credentials, or `seconds` is out of range.
    """
    place = parse(url)
    if not 1 <= seconds <= LONGEST_S:
        raise StorageFailed(f"a link lasts 1 to {LONGEST_S} seconds, not {seconds}")
    wanted = {"Bucket": place.bucket, "Key": place.key, **headers}
    with s3_errors("make a link to", place):
        link: str = client(place.bucket).generate_presigned_url(
            "get_object", wanted, ExpiresIn=seconds
        )
    return link
