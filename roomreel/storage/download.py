"""Objects copied to a disk in blocks: bounded memory, one version, verified."""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from collections.abc import Callable

from roomreel.errors import StorageFailed
from roomreel.model.location import ObjectLocation
from roomreel.storage.stores import remote_store_of

BLOCK_BYTES = 16 * 2**20
MOST_DIFFERENT = 2
"""How often an object is copied whose checksum differs."""


def download(location: ObjectLocation, version: str, descriptor: int) -> str:
    """Write one version of an object into an open file, and check it.

    Returns:
        The SHA-256 of its bytes, in hex digits.

    Raises:
        StorageFailed: it cannot be read, was replaced, or differs from what the store says of it.
    """
    store = remote_store_of(location)
    found = store.stat(location)
    if found is None or found.version != version:
        raise StorageFailed(f"{location} was replaced or removed meanwhile", "run it again")
    for _ in range(MOST_DIFFERENT):
        sha256, sums = hashlib.sha256(), {name: _SUMS[name]() for name in found.checksums}
        for start in range(0, found.size_bytes, BLOCK_BYTES):
            data = store.read_range(location, start, BLOCK_BYTES, version)
            os.pwrite(descriptor, data, start)
            for one in (sha256, *sums.values()):
                one.update(data)
        computed = {name: base64.b64encode(one.digest()).decode() for name, one in sums.items()}
        if computed == found.checksums:
            return sha256.hexdigest()
    raise StorageFailed(
        f"cannot copy {location}: its checksum differs from the store's",
        "look at the network between, or upload it again",
    )


class _Crc32:
    def __init__(self) -> None:
        self._sum = 0

    def update(self, data: bytes, /) -> None:
        self._sum = zlib.crc32(data, self._sum)

    def digest(self) -> bytes:
        return self._sum.to_bytes(4, "big")


_SUMS: dict[str, Callable[[], hashlib._Hash | _Crc32]] = {
    "MD5": lambda: hashlib.md5(usedforsecurity=False),
    "SHA1": lambda: hashlib.sha1(usedforsecurity=False),
    "SHA256": hashlib.sha256,
    "CRC32": _Crc32,
}
