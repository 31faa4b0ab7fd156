"""What becomes of files: loss of power, failing disks, administrators."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _cut(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])


def _garbage(file: Path) -> None:
    """Other bytes, as many of them."""
    file.write_bytes(bytes(byte ^ 0x5A for byte in file.read_bytes()))


def _one_byte(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def _unreadable(file: Path) -> None:
    file.chmod(0)


def _a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _a_full_folder(file: Path) -> None:
    _a_folder(file)
    (file / "inside").write_bytes(b"x")


DAMAGES: Mapping[str, Callable[[Path], None]] = {
    "empty": _empty,
    "cut": _cut,
    "garbage": _garbage,
    "one byte": _one_byte,
    "missing": Path.unlink,
    "unreadable": _unreadable,
    "a folder": _a_folder,
    "a full folder": _a_full_folder,
}
"""By name; the file is one of this user's. Root reads what is unreadable."""


def clear(place: Path) -> None:
    """Remove a file or a folder, whatever became of it."""
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
