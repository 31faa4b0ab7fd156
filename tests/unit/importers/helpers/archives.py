"""The same files as a folder, a zip and tars, for tests of what is read through a listing."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path


def make_folder(files: Mapping[str, bytes], place: Path) -> Path:
    for name, data in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    place.mkdir(parents=True, exist_ok=True)
    return place


def make_zip(files: Mapping[str, bytes], place: Path) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return place


def make_tar(files: Mapping[str, bytes], place: Path) -> Path:
    with tarfile.open(place, "w") as archive:
        add_all(archive, files)
    return place


def make_tar_gz(files: Mapping[str, bytes], place: Path) -> Path:
    with tarfile.open(place, "w:gz") as archive:
        add_all(archive, files)
    return place


def add_all(archive: tarfile.TarFile, files: Mapping[str, bytes]) -> None:
    for name, data in files.items():
        member = tarfile.TarInfo(name)
        member.size, member.mtime = len(data), 1_700_000_000
        archive.addfile(member, io.BytesIO(data))


MAKERS: Mapping[str, Callable[[Mapping[str, bytes], Path], Path]] = {
    "folder": make_folder,
    "zip": make_zip,
    "tar": make_tar,
    "tar.gz": make_tar_gz,
}
ARCHIVES = tuple(kind for kind in MAKERS if kind != "folder")
