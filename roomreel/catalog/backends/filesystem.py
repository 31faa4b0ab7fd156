"""A place of tables as a file system of Arrow's, which reads them."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs as pafs

from roomreel.model.location import Location, ObjectLocation
from roomreel.storage.port import FileInfo
from roomreel.storage.stores import remote_store_of
from roomreel.storage.stream import PinnedFile

# Read at once, in less time than its ranges would take one after the other, and no replacement
# comes between. A date of some ten thousand rows.
_WHOLE_BYTES = 8 * 2**20


def filesystem_of(root: Location) -> tuple[pafs.FileSystem, str]:
    """Return the file system of a folder, and the path of the folder on it.

    In a store of objects a file that is open is one version, and reading another raises Replaced.
    """
    if isinstance(root, Path):
        return pafs.LocalFileSystem(), str(root.absolute())
    handler = _Handler(root.scheme)  # type: ignore[abstract]  # not so, say the stubs
    path = f"{root.bucket}/{root.key.strip('/')}".rstrip("/")
    return pafs.PyFileSystem(handler), path


class _Handler(pafs.FSSpecHandler):
    """Lists and opens by the client that all else asks, so that it fails in the same words."""

    def __init__(self, scheme: str) -> None:
        super().__init__(None)  # what would need one is replaced below
        self._scheme = scheme
        self._store = remote_store_of(self._location(""))

    def get_type_name(self) -> str:
        return self._scheme

    def get_file_info(self, paths: Any) -> Any:
        return [_info(path, self._store.stat(self._location(path))) for path in paths]

    def get_file_info_selector(self, selector: Any) -> Any:
        found = self._store.list(self._location(selector.base_dir))
        return [_info(f"{one.location.bucket}/{one.location.key}", one) for one in found]

    def open_input_file(self, path: str) -> pa.NativeFile:
        location = self._location(path)
        found = self._store.stat(location)
        whole = self._store.read(location) if found and found.size_bytes <= _WHOLE_BYTES else None
        if whole is not None:
            return pa.BufferReader(whole.data)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "there is no such object", path)
        # Arrow asks for what it needs in one piece.
        return pa.PythonFile(PinnedFile(self._store, found, ahead=False), mode="r")

    def _location(self, path: str) -> ObjectLocation:
        bucket, _, key = path.partition("/")
        return ObjectLocation(self._scheme, bucket, key)


def _info(path: str, found: FileInfo[ObjectLocation] | None) -> pafs.FileInfo:
    if found is None:
        return pafs.FileInfo(path, pafs.FileType.NotFound)
    return pafs.FileInfo(path, pafs.FileType.File, size=found.size_bytes)
