"""The port to a place of files: a disk, a store of objects, a fake.

A store is a few methods. `local` has the files of this machine, `s3` the objects of S3, `memory` is
the fake that tests use; `stores` knows which one a location belongs to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar

from roomreel.errors import StorageFailed, StoreUnreachable
from roomreel.model.location import Location, ObjectLocation
from roomreel.text import counted

L = TypeVar("L", bound=Location)

NO_METADATA: Mapping[str, str] = MappingProxyType({})
REPLACED = "it was replaced meanwhile"


class Replaced(StorageFailed):
    """The version of a file that was asked for is not there any more."""


@dataclass(frozen=True, slots=True)
class FileInfo(Generic[L]):
    """Metadata of a stored file, before a byte of it is read.

    Attributes:
        version: changes when the bytes do.
        metadata: what was stored with it, by lower-case name; a disk has no place for any.
        checksums: digests of all bytes, base64, by name: MD5, SHA1, SHA256, CRC32; those that the
            store has.
    """

    location: L
    size_bytes: int
    version: str
    modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)
    checksums: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes of a file, and its version."""

    data: bytes
    version: str


class Writer(Protocol):
    """Takes bytes, one after the other."""

    def write(self, data: bytes, /) -> object:
        """Take some."""


class Store(Protocol[L]):
    """A place of files. Every method may raise `StorageFailed`."""

    def stat(self, location: L) -> FileInfo[L] | None:
        """Return what is known of a file; None where there is nothing.

        Raises:
            StorageFailed: something else than a file is there.
        """

    def list(self, folder: L, levels: int | None = None) -> Iterator[FileInfo[L]]:
        """Yield the files below a folder, which need not be there; none that is half written.

        Args:
            folder: "" as its key is a whole bucket.
            levels: 1: only what is in the folder itself; None: at any depth.
        """

    def read(self, location: L, most_bytes: int | None = None) -> Content | None:
        """Return the first, or all, bytes of a file; None where there is none."""

    def read_range(self, location: L, start: int, size: int, version: str) -> bytes:
        """Return `size` bytes (fewer at the end) from byte `start` of one version of a file.

        Raises:
            Replaced: it is another version by now, or gone.
        """

    def write(self, location: L, data: bytes) -> None:
        """Write a small file, in place of what is there: whole and durable, or not at all."""

    def writer(
        self, location: L, metadata: Mapping[str, str] = NO_METADATA
    ) -> AbstractContextManager[Writer]:
        """Yield what takes the bytes of a file one after the other, in bounded memory.

        When the block ends the file is there, whole and durable, in place of what was there; where
        an error ends it, nothing of it is.

        Args:
            metadata: of an object; a disk has no place for it.
        """

    def put_file(self, source: Path, location: L, metadata: Mapping[str, str]) -> None:
        """Move a file of this machine here, in place of what is there: whole, or not at all."""

    def remove(self, location: L) -> None:
        """Remove a file; nothing happens where there is none."""

    def clean_up(self, folder: L, *, dry_run: bool = False) -> int:
        """Remove what killed writers left below a folder; return how many there were."""


class RemoteStore(Store[ObjectLocation], Protocol):
    """A store of objects, which other machines reach, too, and which may not answer."""

    def outage(self, location: ObjectLocation | None = None) -> StoreUnreachable | None:
        """Return what every request would end with; None as long as nothing says so.

        Args:
            location: of what the requests are about; unset: of anything.
        """

    def environment(self) -> Mapping[str, str]:
        """Return the variables by which a process reaches it; they hold credentials."""

    def link(
        self,
        location: ObjectLocation,
        seconds: int,
        *,
        inline: bool = False,
        disposition: str = "",
        content_type: str = "",
    ) -> str:
        """Return a link by which anybody can read an object for a time.

        Args:
            location: of the object, which is not looked at.
            seconds: 1 to 3600.
            inline: shown by a browser instead of saved.
            disposition: the header Content-Disposition of the answer, instead of that.
            content_type: the header Content-Type of the answer, instead of what is stored.
        """

    def old_versions(self, folder: ObjectLocation) -> OldVersions | None:
        """Return how long deleted objects stay; None: they do not, or the caller may not know."""

    def conditional_writes(self, folder: ObjectLocation) -> ConditionalWrites:
        """Make sure that conditional writes below a folder have exactly one winner.

        Writes and removes one small object there, once a process; not in a folder others read.
        """


class ConditionalWrites(Protocol):
    """Writes that happen only if the object is as expected."""

    def write(self, location: ObjectLocation, data: bytes, version: str | None) -> str | None:
        """Write an object if it has that version (None: if there is no object).

        Where an answer got lost and the client asked again, one's own write may count as
        another's: read what is there, then.

        Returns:
            The new version, or None where another writer was faster and nothing was written.
        """


@dataclass(frozen=True, slots=True)
class OldVersions:
    """Old versions in which what was deleted below a folder is still there.

    Attributes:
        days: after which a rule of the bucket ends them; None: no rule is known that does.
    """

    folder: ObjectLocation
    days: int | None

    def __str__(self) -> str:
        until = (
            f"for {counted(self.days, 'day')}" if self.days else "until a lifecycle rule ends them"
        )
        bucket = f"{self.folder.scheme}://{self.folder.bucket}"
        return f"{bucket} keeps old versions of what is deleted {until}"
