"""The file of one recording, fetched to its end whatever breaks in between."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from roomreel.errors import StorageFailed
from roomreel.importers.download.retries import (
    Changed,
    LinkExpired,
    NotThere,
    Patience,
    TryAgain,
)
from roomreel.importers.download.service import About, Service
from roomreel.storage.documents import RECORD
from roomreel.storage.failure import storage_errors
from roomreel.storage.lock import try_hold
from roomreel.storage.replace import make_folder, put_in_place, replace_file, sync

SYNC_BYTES = 64 * 2**20
"""A part is on the disk so often: a loss of power costs no more of it."""


class Outcome(StrEnum):
    """The result for a recording."""

    FETCHED = "fetched"
    THERE = "there"
    NONE = "none"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A recording to fetch.

    Attributes:
        path: where its file is to be.
        size: as its listing claims it; 0: it does not.
    """

    sid: str
    path: Path
    size: int = 0

    @property
    def part(self) -> Path:
        """The file as far as it has come."""
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def mark(self) -> Path:
        """The file of size and ETag of what the part is a part of."""
        return self.path.with_name(f"{self.path.name}.part{RECORD}")

    @property
    def left(self) -> int:
        """Bytes that are still to come, as far as is known."""
        if self.path.exists():
            return 0
        there = self.part.stat().st_size if self.part.exists() else 0
        return max(self.size - there, 0)


def fetch(wanted: Wanted, service: Service, patience: Patience) -> Outcome:
    """Fetch a recording, unless it is there, or another process is at it.

    Raises:
        ArgumentsInvalid: the credentials are refused.
        StorageFailed: it cannot be had, or not be written.
        Cancelled: all is to stop; the part is kept.
    """
    with storage_errors("write", wanted.part):
        if wanted.path.exists():
            wanted.mark.unlink(missing_ok=True)  # a kill after the rename leaves it
            return Outcome.THERE
        make_folder(wanted.path.parent)
        descriptor = try_hold(wanted.part, os.O_CREAT)
        if descriptor is None:
            return Outcome.BUSY
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            return _held(wanted, file, service, patience)


def _held(wanted: Wanted, file: BinaryIO, service: Service, patience: Patience) -> Outcome:
    if wanted.path.exists():  # by another process, between the look and the lock
        wanted.part.unlink()
        return Outcome.THERE
    try:
        _fill(wanted, file, service, patience)
    except NotThere:
        _forget(wanted)
        return Outcome.NONE
    os.fsync(file.fileno())
    put_in_place(wanted.part, wanted.path)
    sync(wanted.path.parent)
    wanted.mark.unlink(missing_ok=True)
    return Outcome.FETCHED


def _forget(wanted: Wanted) -> None:
    wanted.part.unlink()
    wanted.mark.unlink(missing_ok=True)


def _fill(wanted: Wanted, file: BinaryIO, service: Service, patience: Patience) -> None:
    """Return once the part is whole. Tries count anew whenever some of it has come."""
    tries = expired = 0
    while not _is_whole(wanted, file):
        patience.go_on()
        before = _length(file)
        try:
            _once(wanted, file, service, patience)
            continue
        except LinkExpired:
            expired, failed = expired + 1, None
        except TryAgain as error:
            failed = error
        if _length(file) > before:
            tries = expired = 0
        if failed is None:
            if expired > 1:
                raise StorageFailed(f"{wanted.sid}: the storage refuses a new link (403)") from None
            continue
        tries += 1
        patience.wait(tries, TryAgain(f"{wanted.sid}: {failed.reason}", failed.after_s))


def _once(wanted: Wanted, file: BinaryIO, service: Service, patience: Patience) -> None:
    known = _marked(wanted)
    start = _length(file) if known is not None else 0
    link = service.link(wanted.sid)
    try:
        with service.media(link, start) as (about, chunks):
            if about.start:
                _refuse_other(about, start, known)
            else:
                _begin(wanted, file, about)
            file.seek(about.start)
            _copy(file, chunks, patience)
    except Changed:
        # Another file than the one that this is a part of.
        file.truncate(0)
        raise TryAgain("what is stored has changed", 0) from None
    total = about.total or wanted.size
    if total and _length(file) != total:
        raise TryAgain("the answer broke off")
    _set_mark(wanted, _length(file), about.etag)


def _refuse_other(about: About, start: int, known: tuple[int, str] | None) -> None:
    if about.start != start or known != (about.total, about.etag):
        raise Changed


def _begin(wanted: Wanted, file: BinaryIO, about: About) -> None:
    file.truncate(0)
    wanted.mark.unlink(missing_ok=True)
    if about.encryption:
        _set_headers(wanted, about.encryption)
    if about.total is not None and about.etag:
        _set_mark(wanted, about.total, about.etag)


def _copy(file: BinaryIO, chunks: Iterator[bytes], patience: Patience) -> None:
    since = 0
    for chunk in chunks:
        patience.go_on()
        if file.write(chunk) != len(chunk):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        since += len(chunk)
        if since >= SYNC_BYTES:
            os.fsync(file.fileno())
            since = 0


def _set_headers(wanted: Wanted, headers: Mapping[str, str]) -> None:
    text = json.dumps(dict(sorted(headers.items())), indent=2) + "\n"
    replace_file(wanted.path.with_name(f"{wanted.path.name}{RECORD}"), text.encode())


def _set_mark(wanted: Wanted, total: int, etag: str) -> None:
    replace_file(wanted.mark, json.dumps({"size": total, "etag": etag}).encode())


def _marked(wanted: Wanted) -> tuple[int, str] | None:
    """Return size and ETag of what the part is a part of; None: it has to begin anew."""
    with suppress(OSError, ValueError):
        said = json.loads(wanted.mark.read_bytes())
        if isinstance(said, dict) and isinstance(said.get("size"), int):
            return said["size"], str(said.get("etag"))
    return None


def _is_whole(wanted: Wanted, file: BinaryIO) -> bool:
    known = _marked(wanted)
    return known is not None and _length(file) == known[0]


def _length(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size
