"""Zips and tars of strangers: what is in them, after every entry was judged.

Nothing is written by a name of the archive, and nothing is read that its limits do not allow.
"""

from __future__ import annotations

import gzip
import io
import lzma
import os
import re
import shutil
import stat as modes
import struct
import tarfile
import zipfile
import zlib
from calendar import timegm
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from roomreel.errors import DeliveryInvalid
from roomreel.storage.failure import storage_errors
from roomreel.text import printable, shortened, size_text

MOST_ENTRIES = 10_000
MOST_INFLATION = 200
INFLATED_FREELY = 100 * 1024 * 1024
"""Bytes that an archive may hold, however small it is itself."""
KEPT_FREE = 1024**3
"""Bytes that are left on the disk."""

_AT_ONCE = 16 * 1024 * 1024
"""Most bytes that a library may ask an archive for in one piece: its directory, or a long name."""

_SUFFIX = re.compile(r"\.[0-9A-Za-z]{1,8}")

_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    struct.error,
    ValueError,
    LookupError,
    OverflowError,
    RuntimeError,
)
"""Errors that the libraries raise of bytes that are no archive, or one they cannot read."""

_OTHERS = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "RAR",
    b"\xfd7zXZ\0": "xz",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
"""What other archives begin with."""


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """A regular file of an archive.

    Attributes:
        modified_s: seconds since 1970.
        open: opens it for reading.
        path: where it lies on this machine already; None: in the archive.
    """

    size_bytes: int
    modified_s: float
    open: Callable[[], BinaryIO]
    path: Path | None = None


@contextmanager
def archive_errors(place: str) -> Iterator[None]:
    """Turn what the libraries say of a damaged archive inside the block into words.

    Raises:
        DeliveryInvalid: one of them cannot read it.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None:  # of the disk, not of the archive
            raise
        raise _damaged(place, error) from error
    except _BROKEN as error:
        raise _damaged(place, error) from error


@contextmanager
def open_archive(path: Path, scratch: Path) -> Iterator[dict[str, ArchiveFile]]:
    """Yield the files of a zip or tar by their names, to be read until the end of the block.

    A tar that is compressed is unpacked into scratch, since it can be read only from its beginning.

    Raises:
        DeliveryInvalid: it is no such archive, or not safe to read.
        StorageFailed: it cannot be read, or scratch not be written.
    """
    title = printable(path.name)
    with ExitStack() as opened, storage_errors("read", path):
        file = opened.enter_context(path.open("rb"))
        head = file.read(512)
        file.seek(0)
        limits = _Limits(title, os.fstat(file.fileno()).st_size)
        with archive_errors(title):
            if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
                files = dict(_in_zip(opened, _guarded(file), limits))
            elif head.startswith(b"\x1f\x8b"):
                unzipped = opened.enter_context(gzip.GzipFile(fileobj=file))
                files = dict(_unpacked(opened, _guarded(unzipped), limits, scratch))
            elif _is_tar(head):
                files = dict(_in_tar(opened, _guarded(file), limits))
            else:
                raise _no_archive(title, head)
        # The errors of what the caller does are not the archive's.
        held = opened.pop_all()
    with held:
        yield files


def refuse_to_fill(folder: Path, size_bytes: int, title: str) -> None:
    """Refuse to write so much that less than 1 GiB is left on the disk.

    Raises:
        DeliveryInvalid: it would be.
    """
    free = shutil.disk_usage(folder).free - KEPT_FREE
    if size_bytes > free:
        raise DeliveryInvalid(
            f"{printable(title)} holds {size_text(size_bytes)} to be taken out, and"
            f" {size_text(max(free, 0))} may be written to the disk of {folder}",
            "make room there, set scratch to a folder of another disk, or unpack it yourself",
        )


def safe_suffix(name: str) -> str:
    """Return the ending of a name where it is a plain one, else ""."""
    suffix = Path(name).suffix
    return suffix if _SUFFIX.fullmatch(suffix) else ""


@dataclass
class _Limits:
    """The names and bytes of an archive, counted against what is allowed."""

    title: str
    packed: int
    total: int = 0
    names: set[str] = field(default_factory=set)
    count: int = 0

    def note_entry(self) -> None:
        """Count an entry of any kind."""
        self.count += 1
        if self.count > MOST_ENTRIES:
            raise self.refusal(
                f"it has more than {MOST_ENTRIES:,} entries", "unpack it, and import the folder"
            )

    def note_file(self, name: str, size: int) -> str:
        """Count a file, and return its name with slashes and nothing to steer a path by."""
        parts = [one for one in name.replace("\\", "/").split("/") if one not in ("", ".")]
        if name.startswith(("/", "\\")) or _is_drive(parts[:1]):
            raise self.refusal(f"{_shown(name)} is an absolute name")
        if ".." in parts:
            raise self.refusal(f'{_shown(name)} leads out of it by ".."')
        if "\0" in name or not parts:
            raise self.refusal(f"{_shown(name)} is no name of a file")
        clean = "/".join(parts)
        if clean in self.names:
            raise self.refusal(f"{_shown(name)} is in it twice")
        self.names.add(clean)
        self.total += max(size, 0)
        if self.total > max(INFLATED_FREELY, self.packed * MOST_INFLATION):
            raise self.refusal(
                f"{_shown(name)} makes {size_text(self.total)} of {size_text(self.packed)}",
                f"it inflates more than {MOST_INFLATION}-fold, as recordings do not",
            )
        return clean

    def refusal(self, reason: str, remedy: str = "") -> DeliveryInvalid:
        """Return the error of an archive that is not taken."""
        return DeliveryInvalid(
            f"{self.title} is not taken: {reason}",
            remedy or "get it from the service again, or unpack what you trust of it yourself",
        )


def _in_zip(
    opened: ExitStack, file: BinaryIO, limits: _Limits
) -> Iterator[tuple[str, ArchiveFile]]:
    archive = opened.enter_context(zipfile.ZipFile(file))
    for info in archive.infolist():
        limits.note_entry()
        name = _zip_name(info)
        if modes.S_ISLNK(info.external_attr >> 16):
            raise limits.refusal(f"{_shown(name)} is a link")
        if info.is_dir():
            continue
        if info.flag_bits & 0x1:
            raise limits.refusal(
                f"{_shown(name)} is locked with a password", "unpack it, and import the folder"
            )
        clean = limits.note_file(name, info.file_size)
        opens = cast("Callable[[], BinaryIO]", partial(archive.open, info))
        yield clean, ArchiveFile(info.file_size, _zip_time(info), opens)


def _zip_name(info: zipfile.ZipInfo) -> str:
    """Return the name of an entry; UTF-8 that is not said to be it, is known by its form."""
    name = info.orig_filename
    if info.flag_bits & 0x800:
        return name
    try:
        return name.encode("cp437").decode()
    except UnicodeError:
        return name


def _zip_time(info: zipfile.ZipInfo) -> float:
    """Return when an entry was written: UTC where that is said, else its local time as such."""
    extra = info.extra
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == 0x5455 and length >= 5 and extra[4:5] and extra[4] & 1 and len(extra) >= 9:
            return float(struct.unpack("<i", extra[5:9])[0])
        extra = extra[4 + length :]
    return float(timegm((*info.date_time, 0, 0, 0)))


def _in_tar(
    opened: ExitStack, file: BinaryIO, limits: _Limits
) -> Iterator[tuple[str, ArchiveFile]]:
    archive = opened.enter_context(tarfile.open(fileobj=file, mode="r:"))  # noqa: SIM115
    for name, member in _members(archive, limits):
        opens = cast("Callable[[], BinaryIO]", partial(archive.extractfile, member))
        yield name, ArchiveFile(member.size, member.mtime, opens)


def _unpacked(
    opened: ExitStack, file: BinaryIO, limits: _Limits, scratch: Path
) -> Iterator[tuple[str, ArchiveFile]]:
    """Write the files of a compressed tar under names of ours, in one pass."""
    archive = opened.enter_context(tarfile.open(fileobj=file, mode="r:"))  # noqa: SIM115
    folder = scratch / "unpacked"
    folder.mkdir()
    for number, (name, member) in enumerate(_members(archive, limits)):
        refuse_to_fill(scratch, member.size, limits.title)
        path, part = folder / f"{number}{safe_suffix(name)}", folder / f"{number}.part"
        packed = archive.extractfile(member)
        if packed is None:
            raise limits.refusal(f"{_shown(name)} is no regular file")
        with packed, part.open("xb") as target:
            shutil.copyfileobj(packed, target, 1024 * 1024)
        os.utime(part, (_second(member.mtime), _second(member.mtime)))
        part.rename(path)
        opens = cast("Callable[[], BinaryIO]", partial(path.open, "rb"))
        yield name, ArchiveFile(member.size, member.mtime, opens, path)


def _is_tar(head: bytes) -> bool:
    """Return whether the first block is a header of a tar, by its check sum."""
    stated = head[148:156].strip(b" \0")
    summed = sum(head[:148]) + sum(head[156:512]) + 8 * ord(" ")
    return len(head) == 512 and stated.lstrip(b"0") == b"%o" % summed


def _members(archive: tarfile.TarFile, limits: _Limits) -> Iterator[tuple[str, tarfile.TarInfo]]:
    for member in archive:
        limits.note_entry()
        name = _text(member.name)
        if member.isdir():
            continue
        if not member.isreg():
            kind = "a link" if member.issym() or member.islnk() else "no regular file"
            raise limits.refusal(f"{_shown(name)} is {kind}")
        # Before the library goes on to what is behind it.
        yield limits.note_file(name, member.size), member


def _guarded(file: Any) -> BinaryIO:
    return cast("BinaryIO", _Guarded(file))


class _Guarded(io.RawIOBase):
    """A file that gives little at once, so that a directory of any claimed size costs no memory."""

    def __init__(self, file: Any) -> None:
        super().__init__()
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if size > _AT_ONCE:
            raise ValueError(f"a part of {size_text(size)} is to be read at once")
        if size >= 0:
            return cast("bytes", self._file.read(size))
        data = self._file.read(_AT_ONCE + 1)
        if len(data) > _AT_ONCE:
            raise ValueError("a part of it is too long")
        return cast("bytes", data)

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == io.SEEK_SET and offset < 0:
            raise ValueError("it leads to a place before its beginning")
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _is_drive(first: list[str]) -> bool:
    return bool(first) and len(first[0]) == 2 and first[0][0].isalpha() and first[0][1] == ":"


def _text(name: str) -> str:
    """Return a name of a tar with bytes that are no UTF-8 escaped."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _second(seconds: float) -> float:
    return min(max(seconds, 0.0), 2.0**40)


def _shown(name: str) -> str:
    return shortened(name or '""')


def _damaged(place: str, error: Exception) -> DeliveryInvalid:
    return DeliveryInvalid(
        f"{place} cannot be read: {printable(str(error)) or type(error).__name__}",
        "it is damaged, cut off, or packed in an unusual way: get it again, or unpack it",
    )


def _no_archive(title: str, head: bytes) -> DeliveryInvalid:
    for magic, kind in _OTHERS.items():
        if head.startswith(magic):
            return DeliveryInvalid(
                f"{title} is packed by {kind}", "unpack it, and import the folder"
            )
    return DeliveryInvalid(
        f"{title} is neither a folder nor a zip or tar", "name the folder that it lies in"
    )
