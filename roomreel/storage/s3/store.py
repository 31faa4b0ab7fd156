"""S3 as a store."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from roomreel.errors import StoreUnreachable
from roomreel.model.location import ObjectLocation
from roomreel.storage.failure import storage_errors
from roomreel.storage.port import NO_METADATA, Content, FileInfo, OldVersions
from roomreel.storage.s3 import client, conditional, link, objects, versions
from roomreel.storage.s3.gate import surroundings
from roomreel.storage.s3.streaming import Uploading, uploading
from roomreel.storage.s3.upload import clean_up_uploads, upload
from roomreel.storage.s3.upload import disposition as usual_disposition

# No upload takes a day.
_ABANDONED_AFTER = timedelta(days=1)


class S3Store:
    """Objects of S3, of whatever server has their buckets; their version is the ETag."""

    def stat(self, location: ObjectLocation) -> FileInfo[ObjectLocation] | None:
        """Return what the server says of an object."""
        return objects.look(str(location))

    def list(
        self, folder: ObjectLocation, levels: int | None = None
    ) -> Iterator[FileInfo[ObjectLocation]]:
        """Yield the objects below a folder, in the order of their keys."""
        for found in objects.below(str(folder)):
            names = found.location.key[len(folder.folder_key) :].count("/") + 1
            if levels is None or names <= levels:
                yield found

    def read(self, location: ObjectLocation, most_bytes: int | None = None) -> Content | None:
        """Return the first, or all, bytes of an object."""
        found = objects.read(str(location), most_bytes)
        return Content(*found) if found else None

    def read_range(self, location: ObjectLocation, start: int, size: int, version: str) -> bytes:
        """Return bytes of one version of an object."""
        return objects.read_range(str(location), start, size, version)

    def write(self, location: ObjectLocation, data: bytes) -> None:
        """Write a small object; its ending says the Content-Type."""
        objects.write(str(location), data)

    def writer(
        self, location: ObjectLocation, metadata: Mapping[str, str] = NO_METADATA
    ) -> AbstractContextManager[Uploading]:
        """Yield what sends an object in parts."""
        return uploading(str(location), metadata)

    def put_file(self, source: Path, location: ObjectLocation, metadata: Mapping[str, str]) -> None:
        """Move a file of this machine here, a large one in parts."""
        with storage_errors("upload", location):
            upload(source, str(location), metadata)
            source.unlink()

    def remove(self, location: ObjectLocation) -> None:
        """Remove an object."""
        objects.remove(str(location))

    def clean_up(self, folder: ObjectLocation, *, dry_run: bool = False) -> int:
        """End the uploads that were begun a day ago and never finished."""
        before = datetime.now(UTC) - _ABANDONED_AFTER
        return clean_up_uploads(str(folder), before, dry_run=dry_run)

    def outage(self, location: ObjectLocation | None = None) -> StoreUnreachable | None:
        """Return what every request would end with, while a server does not answer."""
        return client.outage(location.bucket if location else None)

    def environment(self) -> Mapping[str, str]:
        """Return the AWS variables, and those of proxies and certificates."""
        return client.environment()

    def link(
        self,
        location: ObjectLocation,
        seconds: int,
        *,
        inline: bool = False,
        disposition: str = "",
        content_type: str = "",
    ) -> str:
        """Return a presigned link."""
        kind = "inline" if inline else "attachment"
        headers = {
            "ResponseContentDisposition": disposition or usual_disposition(location.name, kind)
        }
        if content_type:
            headers["ResponseContentType"] = content_type
        return link.presign(str(location), seconds, headers)

    def old_versions(self, folder: ObjectLocation) -> OldVersions | None:
        """Return how long the bucket keeps what is deleted."""
        return versions.old_versions(str(folder))

    def conditional_writes(self, folder: ObjectLocation) -> conditional.ConditionalWrites:
        """Return conditional writes, probed once a process and server."""
        return _conditional_writes(os.getpid(), surroundings(), str(folder))


@lru_cache(maxsize=8)
def _conditional_writes(
    _pid: int, _about: tuple[tuple[str, str], ...], folder: str
) -> conditional.ConditionalWrites:
    return conditional.probe(folder)
