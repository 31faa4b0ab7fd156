"""The files of a folder that may be recordings, and the reasons why others are not."""

from __future__ import annotations

import os
import stat as modes
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from roomreel.errors import NotFound
from roomreel.storage.failure import storage_errors
from roomreel.storage.walk import names

ENCRYPTED = (".age", ".enc", ".instruction")
"""How names of encrypted files end, and of what opens them."""


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """Something that is not in a manifest, and why.

    Attributes:
        name: of the file.
        not_taken: whether its format is the reason.
    """

    name: str
    reason: str
    not_taken: bool = False


@dataclass(frozen=True, slots=True, order=True)
class FolderFile:
    """A file that may hold media, as it was when it was looked at.

    Attributes:
        modified_s: seconds since 1970.
    """

    path: Path
    size_bytes: int
    modified_s: float


def media_files(
    folder: Path, ignored: Collection[str] = ()
) -> tuple[list[FolderFile], list[LeftOut]]:
    """Return the files of a folder that may hold media, sorted, and what else there is.

    What a file holds its content says, not its ending. Symbolic links are followed inside the
    folder; of several names of one file the first counts that is no link.

    Args:
        ignored: names that nothing is said of.

    Raises:
        NotFound: there is no such folder.
        StorageFailed: it cannot be listed.
    """
    if not os.path.isdir(folder):  # noqa: PTH112  Path.is_dir raises where a name is too long
        raise NotFound(f"there is no folder {folder}")
    with storage_errors("list", folder):
        found = sorted((folder / name for name in names(folder) if name not in ignored), key=_order)
    taken: dict[tuple[int, int], FolderFile] = {}
    left_out = []
    for path in found:
        reason = next(_reasons(path, folder), "") or _taken_before(path, taken)
        if reason:
            left_out.append(LeftOut(path.name, reason))
    return sorted(taken.values()), left_out


def _order(path: Path) -> tuple[bool, str]:
    return path.is_symlink(), path.name


def _reasons(path: Path, folder: Path) -> Iterator[str]:
    """Yield the reasons why something in a folder cannot be a recording, by name and kind."""
    if not _is_text(path.name):
        yield "its name is not UTF-8, which a manifest cannot hold"
    if path.name.startswith("."):
        yield "it is hidden"
    if path.name.lower().endswith(ENCRYPTED):
        yield "it is encrypted: name it in the manifest by hand"
    if path.suffix.lower() == ".json":
        yield "it is a document"
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        yield "it is a link that leads out of the folder"
    if path.is_dir():
        yield "it is a folder: draft a manifest of its own for it"


def _taken_before(path: Path, taken: dict[tuple[int, int], FolderFile]) -> str:
    """Return the reason why a file is left out: it is not one, or has another name; else ""."""
    try:
        about = path.stat()
    except OSError as error:
        return f"it cannot be looked at: {error.strerror}"
    if not modes.S_ISREG(about.st_mode):
        return "it is not a regular file"
    if not about.st_size:
        return "it has no byte"
    file = FolderFile(path, about.st_size, about.st_mtime)
    first = taken.setdefault((about.st_dev, about.st_ino), file)
    return "" if first is file else f"it is the same file as {first.path.name}"


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
