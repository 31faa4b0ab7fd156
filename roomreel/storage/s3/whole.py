"""HTTP connections that believe no answer which is cut.

Python takes the end of a connection within a header for the end of the header, and the client of S3
then takes what came until there for the whole answer: an object without metadata, a list without
entries. Here it is a broken connection, which is asked again.
"""

from __future__ import annotations

from http.client import HTTPResponse, RemoteDisconnected
from typing import Any, BinaryIO, cast

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)


def believe_whole_answers(client: Any) -> None:
    """Have a client of botocore take an answer only where header and body came to their ends."""
    # There is no public way to choose the classes of a session's connections.
    session = client._endpoint.http_session  # noqa: SLF001
    session._pool_classes_by_scheme.update(http=_Pool, https=_SecurePool)  # noqa: SLF001


class _Lines:
    """The lines of a header as they are read, and which was the last one."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.last = b""

    def readline(self, limit: int = -1) -> bytes:
        self.last = self.file.readline(limit)
        return self.last

    def close(self) -> None:
        self.file.close()


class _Response(HTTPResponse):
    def begin(self) -> None:
        lines = _Lines(cast("BinaryIO", self.fp))
        self.fp: Any = lines
        try:
            super().begin()
        finally:
            if self.fp is lines:
                self.fp = lines.file
        if lines.last not in (b"\r\n", b"\n"):
            raise RemoteDisconnected("the connection ended within the header of an answer")


class _WholeHeaders:
    response_class = _Response

    def _consume_headers(self, file: BinaryIO) -> None:
        """Read the rest of an answer that says to go on; botocore would do so for ever."""
        lines = _Lines(file)
        while lines.readline() != b"\r\n":
            if not lines.last:
                raise RemoteDisconnected("the connection ended within an answer to go on")


class _Connection(_WholeHeaders, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _SecureConnection(_WholeHeaders, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _WholeBodies:
    """A pool whose answers end with an error where the body is shorter than it was said to be."""

    def urlopen(self, *args: Any, **options: Any) -> Any:
        options["enforce_content_length"] = True
        return super().urlopen(*args, **options)  # type: ignore[misc]  # of the class beside


class _Pool(_WholeBodies, AWSHTTPConnectionPool):  # type: ignore[misc]  # no types
    ConnectionCls = _Connection


class _SecurePool(_WholeBodies, AWSHTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _SecureConnection
