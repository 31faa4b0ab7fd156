"""Assets: the files that templates draw, looked at."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from io import BytesIO

import av
from av.error import FFmpegError

from roomreel.errors import AssetMissing, StorageFailed
from roomreel.model.geometry import Size
from roomreel.model.location import Location
from roomreel.model.look import Asset
from roomreel.settings.places import Places
from roomreel.storage import read_bytes, resolve_media_path, stat

MOST_BYTES = 32_000_000
LONGEST_SIDE = 8192

_REMEDY = "put a PNG, JPEG or WebP there, or change the template"


def read_asset(settings: Places, path: str) -> Asset:
    """Return an asset as it is now.

    Args:
        settings: they have the folder of assets.
        path: relative to it.

    Raises:
        AssetMissing: there is none, or it is no picture that can be drawn.
        StorageFailed: its store cannot be asked.
    """
    stored = stat(place_of(settings, path))
    if stored is None:
        raise AssetMissing(f"there is no asset {path!r}", _REMEDY)
    if stored.size_bytes > MOST_BYTES:
        raise AssetMissing(f"asset {path!r} has more than {MOST_BYTES} bytes", _REMEDY)
    return _read(path, stored.location, stored.version)


def read_drawn(settings: Places, asset: Asset) -> bytes:
    """Return the bytes of an asset that a plan draws.

    Raises:
        AssetMissing: it is another one by now.
        StorageFailed: it cannot be read.
    """
    data = read_bytes(str(place_of(settings, asset.path)), MOST_BYTES)
    if hashlib.sha256(data).hexdigest() != asset.sha256:
        raise AssetMissing(
            f"asset {asset.path!r} changed since the composition was planned", "compose again"
        )
    return data


def place_of(settings: Places, path: str) -> Location:
    """Return where an asset is, or would be.

    Raises:
        AssetMissing: there is no folder of assets, or it lies outside of that.
    """
    folder = settings.assets
    if folder is None:
        raise AssetMissing(
            f"the template draws {path!r}, and there is no folder of assets", "set `assets`"
        )
    try:
        return resolve_media_path(f"{folder}/template.json", path, [str(folder)])
    except StorageFailed as error:
        raise AssetMissing(f"asset {path!r} lies outside of `assets`", _REMEDY) from error


# Every room of a night asks for the same ones.
@lru_cache(maxsize=256)
def _read(path: str, place: str, _version: str) -> Asset:
    data = read_bytes(place, MOST_BYTES)
    size = _size(data, path)
    return Asset(path, hashlib.sha256(data).hexdigest(), len(data), size.width, size.height)


def _size(data: bytes, path: str) -> Size:
    try:
        with av.open(BytesIO(data), format="image2pipe") as opened:
            header = opened.streams.video[0].codec_context
            size = Size(header.width, header.height) if header else Size(0, 0)
    except (FFmpegError, IndexError, ValueError) as error:
        raise AssetMissing(f"asset {path!r} is no picture", _REMEDY) from error
    if not size.width or not size.height:
        raise AssetMissing(f"asset {path!r} is no picture", _REMEDY)
    if max(size.width, size.height) > LONGEST_SIDE:
        raise AssetMissing(
            f"asset {path!r} is {size} large", f"a side has at most {LONGEST_SIDE} pixels"
        )
    return size
