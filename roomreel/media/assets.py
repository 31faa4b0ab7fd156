"""Assets: the files that templates draw, looked at."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from roomreel.errors import AssetMissing, RenderError, StorageFailed
from roomreel.model.geometry import Size
from roomreel.model.images import LARGEST_BYTES, REMEDY
from roomreel.model.location import Location
from roomreel.model.look import Asset
from roomreel.process import isolate
from roomreel.settings.places import Places
from roomreel.storage import read_bytes, resolve_media_path, stat
from roomreel.storage.failure import storage_errors

BUDGET = isolate.Budget(wall_s=60, memory_bytes=1_000_000_000)
"""Of a look at one image: the largest that is decoded takes a second, and 0.5 GB."""


def read_asset(settings: Places, path: str) -> Asset:
    """Return an asset as it is now.

    Args:
        settings: they have the folder of assets.
        path: relative to it.

    Raises:
        AssetMissing: there is none, or it is no picture that can be drawn.
        StorageFailed: its store cannot be asked.
    """
    place = place_of(settings, path)
    with storage_errors("look at", place):
        is_other = isinstance(place, Path) and place.exists() and not place.is_file()
    if is_other:
        raise AssetMissing(f"cannot draw asset {path!r}: it is not a regular file", REMEDY)
    stored = stat(place)
    if stored is None:
        raise AssetMissing(f"there is no asset {path!r} in {settings.assets_root}", REMEDY)
    if stored.size_bytes > LARGEST_BYTES:
        raise AssetMissing(
            f"cannot draw asset {path!r}: it has more than {LARGEST_BYTES} bytes", REMEDY
        )
    return _looked_at(path, stored.location, f"{stored.version} {stored.size_bytes}")


def read_drawn(settings: Places, asset: Asset) -> bytes:
    """Return the bytes of an asset that a plan draws.

    Raises:
        AssetMissing: it is another one by now.
        StorageFailed: it cannot be read.
    """
    data = read_bytes(str(place_of(settings, asset.path)), LARGEST_BYTES)
    if hashlib.sha256(data).hexdigest() != asset.sha256:
        raise AssetMissing(
            f"asset {asset.path!r} changed since the composition was planned", "compose again"
        )
    return data


def place_of(settings: Places, path: str) -> Location:
    """Return where an asset is, or would be.

    Raises:
        AssetMissing: it lies outside of the folder of assets.
    """
    folder = settings.assets_root
    try:
        return resolve_media_path(f"{folder}/template.json", path, [folder])
    except StorageFailed as error:
        raise AssetMissing(f"asset {path!r} lies outside of `assets`", REMEDY) from error


def _looked_at(path: str, place: str, version: str) -> Asset:
    found = _look(path, place, version)
    if isinstance(found, str):
        raise AssetMissing(f"cannot draw asset {path!r}: {found}", REMEDY)
    return found


# Every room of a night asks for the same ones.
@lru_cache(maxsize=256)
def _look(path: str, place: str, _version: str) -> Asset | str:
    """Return an asset, or why it cannot be drawn, in words."""
    data = read_bytes(place, LARGEST_BYTES)
    try:
        size = isolate.run(check_isolated, data, BUDGET)
    except RenderError as error:
        raise AssetMissing(f"cannot decode asset {path!r}: {error.message}", REMEDY) from error
    if isinstance(size, str):
        return size
    return Asset(path, hashlib.sha256(data).hexdigest(), len(data), size.width, size.height)


def check_isolated(data: bytes, _notify: isolate.Notify[None]) -> Size | str:
    """Return the size of an image, or why it cannot be drawn: the child's side of a look at it."""
    from roomreel.media import vips

    try:
        return vips.check_image(data)
    except vips.ImageInvalid as error:
        return str(error)
