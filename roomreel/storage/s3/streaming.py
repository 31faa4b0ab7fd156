"""Objects whose bytes come one after the other: sent in parts while they come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from roomreel.model.location import ObjectLocation
from roomreel.storage.location import parse
from roomreel.storage.s3.failure import s3_errors
from roomreel.storage.s3.objects import put
from roomreel.storage.s3.upload import (
    PART_BYTES,
    Sent,
    begin_upload,
    complete,
    etag_of,
    headers_of,
    send_part,
    verify,
)


class Uploading:
    """Sends one part while the next one comes: two of them are in memory.

    Args:
        ends: what is begun here ends with it.
    """

    def __init__(self, place: ObjectLocation, metadata: Mapping[str, str], ends: ExitStack) -> None:
        self._place = place
        self._about = headers_of(place) | {"Metadata": dict(metadata)}
        self._ends = ends
        self._part = bytearray()
        self._upload: tuple[str, ThreadPoolExecutor] | None = None
        self._on_its_way: Future[Sent] | None = None
        self._sent: list[Sent] = []
        self.size_bytes = 0

    def write(self, data: bytes) -> None:
        """Take bytes; a part that is full is sent."""
        self._part += data
        self.size_bytes += len(data)
        while len(self._part) >= PART_BYTES:
            part = bytes(self._part[:PART_BYTES])
            del self._part[:PART_BYTES]
            self._send(part)

    def finish(self) -> str | None:
        """Put the object together; return the ETag it should have, None where that is not known."""
        if self._upload is None:
            return put(self._place, bytes(self._part), **self._about)
        if self._part:
            self._send(bytes(self._part))
        self._wait()
        parts = [{"PartNumber": one.number, "ETag": one.etag} for one in self._sent]
        complete(self._place, self._upload[0], parts)
        return etag_of(self._sent)

    def _send(self, part: bytes) -> None:
        self._wait()
        upload_id, pool = self._upload = self._upload or self._begin()
        number = len(self._sent) + 1
        self._on_its_way = pool.submit(send_part, self._place, upload_id, number, part)

    def _begin(self) -> tuple[str, ThreadPoolExecutor]:
        upload = begin_upload(self._place, self._about)
        upload_id = self._ends.enter_context(upload)
        # Ends first: no part arrives after its upload.
        return upload_id, self._ends.enter_context(ThreadPoolExecutor(1))

    def _wait(self) -> None:
        """Wait until the part that is on its way has arrived."""
        if self._on_its_way is not None:
            self._sent.append(self._on_its_way.result())
            self._on_its_way = None


@contextmanager
def uploading(url: str, metadata: Mapping[str, str]) -> Iterator[Uploading]:
    """Yield what takes the bytes of an object, which is there when the block ends.

    Args:
        url: s3:// URL; its ending says the Content-Type.
        metadata: of the user's kind (x-amz-meta-...).

    Raises:
        StorageFailed: it could not; what was there stays.
    """
    place = parse(url)
    with s3_errors("upload", place), ExitStack() as ends:
        given = Uploading(place, metadata, ends)
        yield given
        etag = given.finish()
    verify(place, given.size_bytes, etag)
