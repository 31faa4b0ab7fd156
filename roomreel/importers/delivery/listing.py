"""The files of a delivery, be it a folder, a zip or a tar, and where they lie on this machine."""

from __future__ import annotations

import bisect
import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from roomreel.errors import DeliveryInvalid, NotFound
from roomreel.importers.delivery.archive import (
    ArchiveFile,
    archive_errors,
    open_archive,
    refuse_to_fill,
    safe_suffix,
)
from roomreel.importers.port import HEAD
from roomreel.storage.documents import RECORD
from roomreel.storage.failure import storage_errors
from roomreel.storage.rooms import MANIFEST
from roomreel.storage.scratch import scratch_folder
from roomreel.storage.walk import files_below
from roomreel.text import printable

LARGEST_TEXT = 64 * 1024 * 1024
"""Bytes of a text file that is read whole."""

LONGEST_LINE = 1024 * 1024
"""Bytes of a line that is read whole."""

SHORT_HEAD = 64
"""Bytes of the beginning of each file that are kept: every reader asks for them."""

MOST_KEPT = 64 * 1024 * 1024
"""Bytes of beginnings that are kept, in total: `HEAD` of files that a reader asked so much of."""

_MADE = re.compile(rb'"schema"\s*:\s*"roomreel\.')
_MADE_NAMES = (MANIFEST, RECORD)
_MADE_FOLDER = re.compile(r"RM[0-9a-f]{32}\.media")


@dataclass(slots=True)
class Entry:
    """A regular file of a delivery.

    Attributes:
        size_bytes: as it was when it was looked at.
        open: opens it for reading.
        path: where it lies on this machine; None: in an archive.
        start: its first bytes, once they were read; `asked`: how many were wanted of it then.
    """

    size_bytes: int
    modified: datetime
    open: Callable[[], BinaryIO]
    path: Path | None = None
    start: bytes = b""
    asked: int = 0


@dataclass(slots=True)
class _Room:
    """The bytes of beginnings that may still be kept."""

    left: int = MOST_KEPT


class Delivery:
    """The files of a folder or archive, without hidden ones and those that roomreel made.

    It satisfies `port.Listing`; what importing needs beyond, readers do not see.
    """

    def __init__(
        self,
        title: str,
        entries: Mapping[str, Entry],
        scratch: Path | None,
        kept: _Room | None = None,
    ) -> None:
        self.title = title
        self._kept = kept or _Room()
        self._entries = entries
        self._scratch = scratch

    @cached_property
    def sizes(self) -> Mapping[str, int]:
        """The bytes of each file, by name, in the order of names."""
        return {name: entry.size_bytes for name, entry in self._entries.items()}

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """The names of the folders at the top that hold files, in order."""
        return tuple(sorted({one.partition("/")[0] for one in self._entries if "/" in one}))

    def head(self, name: str, count: int = 32) -> bytes:
        """Return the first bytes of a file; fewer where it is shorter.

        Raises:
            DeliveryInvalid: the archive is damaged there.
            StorageFailed: it cannot be read.
        """
        entry = self._entries[name]
        if count > entry.asked:
            wanted = SHORT_HEAD if count <= SHORT_HEAD else max(count, HEAD)
            data = self._read(name, wanted)
            if wanted > HEAD or len(data) > self._kept.left:
                return data[:count]
            self._kept.left -= len(data)
            entry.start, entry.asked = data, wanted
        return entry.start[:count]

    def text(self, name: str) -> bytes:
        """Return a text file whole.

        Raises:
            DeliveryInvalid: it is larger than 64 MiB, or the archive is damaged there.
            StorageFailed: it cannot be read.
        """
        data = self._read(name, LARGEST_TEXT + 1)
        if len(data) > LARGEST_TEXT:
            raise DeliveryInvalid(
                f"{self._place(name)} is larger than {LARGEST_TEXT >> 20} MiB",
                "no document of a recording service is; take it out",
            )
        return data

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a text file of any size as they are; those over 1 MiB in parts.

        Raises:
            DeliveryInvalid: the archive is damaged there.
            StorageFailed: it cannot be read.
        """
        with self._errors(name), self._entries[name].open() as file:
            while line := file.readline(LONGEST_LINE):
                yield line

    def modified(self, name: str) -> datetime:
        """Return when a file was last written, in UTC."""
        return self._entries[name].modified

    def local(self, name: str) -> Path:
        """Return where a file lies on this machine; see `locals`."""
        return self.locals([name])[name]

    def locals(self, names: Iterable[str]) -> dict[str, Path]:
        """Return where files lie on this machine; those of an archive are taken out of it.

        What is taken out lies in scratch, as long as the delivery is open.

        Raises:
            DeliveryInvalid: there is no space for them, or the archive is damaged.
            StorageFailed: they cannot be written.
        """
        wanted = sorted(set(names) & self._entries.keys())
        packed = [name for name in wanted if self._entries[name].path is None]
        if packed and self._scratch is not None:
            total = sum(self._entries[name].size_bytes for name in packed)
            refuse_to_fill(self._scratch, total, self.title)
            for name in packed:
                self._take_out(name, self._scratch)
        found = ((name, self._entries[name].path) for name in wanted)
        return {name: path for name, path in found if path is not None}

    def below(self, folder: str) -> Delivery:
        """Return what is in a folder of the delivery, its names without the folder's."""
        names, start = list(self._entries), f"{folder}/"
        begin = bisect.bisect_left(names, start)
        end = bisect.bisect_left(names, f"{folder}0")  # "0" is the character behind "/"
        inside = {name.removeprefix(start): self._entries[name] for name in names[begin:end]}
        return Delivery(f"{self.title}/{folder}", inside, self._scratch, self._kept)

    def _read(self, name: str, count: int) -> bytes:
        with self._errors(name), self._entries[name].open() as file:
            return file.read(count)

    @contextmanager
    def _errors(self, name: str) -> Iterator[None]:
        place = self._place(name)
        with storage_errors("read", place), archive_errors(place):
            yield

    def _take_out(self, name: str, scratch: Path) -> None:
        """Write a file of an archive under a name of ours, which it gets when it is whole."""
        entry = self._entries[name]
        own = secrets.token_hex(8)
        path, part = scratch / f"{own}{safe_suffix(name)}", scratch / f"{own}.part"
        with self._errors(name), entry.open() as packed, part.open("xb") as file:
            shutil.copyfileobj(packed, file, 1024 * 1024)
        seconds = entry.modified.timestamp()
        with storage_errors("write", path):
            os.utime(part, (seconds, seconds))
            part.rename(path)
        entry.path = path

    def _place(self, name: str) -> str:
        return printable(f"{name} of {self.title}")


@contextmanager
def open_delivery(place: Path, scratch_root: Path) -> Iterator[Delivery]:
    """Yield the files of a folder, a zip or a tar, which is open until the end of the block.

    Args:
        scratch_root: where what is taken out of an archive goes.

    Raises:
        NotFound: there is nothing.
        DeliveryInvalid: it is neither, or not safe to read.
        StorageFailed: it cannot be read.
    """
    with storage_errors("look at", place):
        title = place.resolve().name or str(place)
        is_folder, is_there = place.is_dir(), place.exists()
    if is_folder:
        yield Delivery(title, _without_ours(dict(_in_folder(place))), None)
    elif is_there:
        with scratch_folder(scratch_root) as scratch, open_archive(place, scratch) as files:
            entries = {name: _entry(file) for name, file in files.items()}
            yield Delivery(title, _without_ours(entries), scratch)
    else:
        raise NotFound(f"there is no folder or archive {printable(str(place))}")


def _in_folder(folder: Path) -> Iterator[tuple[str, Entry]]:
    """Yield the regular files below a folder, through links as long as they stay inside."""
    root = os.path.realpath(folder)
    with storage_errors("list", folder):
        for found in files_below(folder):
            name = _name(found.path.relative_to(folder))
            if _is_hidden(name):
                continue
            about = found.about if found.is_file else _behind_link(found.path, root)
            if about is not None:
                opens = _opener(found.path)
                yield name, Entry(about.st_size, instant(about.st_mtime), opens, found.path)


def _behind_link(path: Path, root: str) -> os.stat_result | None:
    """Return what is known of a regular file that a link inside a folder leads to; else None."""
    leads = Path(os.path.realpath(path))
    if not leads.is_relative_to(root) or not leads.is_file():
        return None
    return leads.stat()


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _entry(file: ArchiveFile) -> Entry:
    return Entry(file.size_bytes, instant(file.modified_s), file.open, file.path)


def _name(path: Path) -> str:
    """Return a relative path as a name that any text can hold: bytes that are no UTF-8 escaped."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _without_ours(entries: Mapping[str, Entry]) -> dict[str, Entry]:
    """Return the entries in order, but those that are hidden and those that roomreel wrote."""
    return {
        name: entry
        for name, entry in sorted(entries.items())
        if not _is_hidden(name) and not _is_made(name, entry)
    }


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def _is_made(name: str, entry: Entry) -> bool:
    """Return whether a file is a manifest, a record or a medium of an earlier import."""
    if any(_MADE_FOLDER.fullmatch(part) for part in name.split("/")[:-1]):
        return True
    if not name.endswith(_MADE_NAMES):
        return False
    with storage_errors("read", name), archive_errors(name), entry.open() as file:
        return bool(_MADE.search(file.read(4096)))


def instant(seconds: float) -> datetime:
    """Return seconds since 1970 as an instant in UTC, within the years that documents can hold."""
    try:
        return datetime.fromtimestamp(max(seconds, 0), UTC)
    except (OverflowError, ValueError, OSError):
        return datetime(9999, 12, 31, tzinfo=UTC)
