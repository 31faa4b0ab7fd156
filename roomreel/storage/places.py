"""The place of documents that is watched: its folder, and which paths in it are documents."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from roomreel.storage.documents import RECORD, fitting, is_document, named
from roomreel.storage.location import is_remote, local_path
from roomreel.storage.walk import files_below


@dataclass(frozen=True, slots=True)
class Watched:
    """A folder of this machine with documents in it.

    Attributes:
        location: a folder, a file or a glob, as it is set.
        fits: whether the path of a file is that of a document.
    """

    location: str
    folder: Path
    fits: Callable[[str], bool]

    def documents(self, changed: Iterable[str]) -> list[str]:
        """Return the documents among paths, and in folders among them; gone ones, too."""
        found: set[str] = set()
        for path in changed:
            inside = Path(path).is_dir()
            paths = (str(one.path) for one in files_below(Path(path))) if inside else [path]
            found.update(one for one in paths if self.fits(one))
        return sorted(named(one, self.location) for one in found)


def watched_place(location: str) -> Watched | None:
    """Return the place of documents; None where nobody tells of changes: in a store.

    Args:
        location: as of `discover`.
    """
    if is_remote(location):
        return None
    path = Path(local_path(location))
    if glob.has_magic(str(path)):
        folder = next(parent for parent in path.parents if not glob.has_magic(str(parent)))
        pattern = fitting(str(path.relative_to(folder)))
        return Watched(location, folder, lambda one: _fits(pattern.fullmatch, one, folder))
    if path.is_file():
        return Watched(location, path.parent, str(path).__eq__)
    return Watched(location, path, is_document)


def _fits(matches: Callable[[str], object], path: str, folder: Path) -> bool:
    one = Path(path)
    is_inside = one.is_relative_to(folder) and not path.endswith(RECORD)
    return is_inside and bool(matches(str(one.relative_to(folder))))
