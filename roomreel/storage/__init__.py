"""Where bytes live: finding documents, confining media, publishing files, scratch space.

A place is a path of this machine or is in S3. Every failure is a `StorageFailed` in plain words.
"""

from roomreel.storage.cache import Cache, at_hand
from roomreel.storage.confine import resolve_media, stat
from roomreel.storage.publish import (
    known_sha256,
    publish,
    reap_temps,
    remove,
    sha256_of,
    write_bytes,
)
from roomreel.storage.scratch import drop_parts, reap, scratch_folder
from roomreel.storage.source import discover, read_bytes, read_head

__all__ = [
    "Cache",
    "at_hand",
    "discover",
    "drop_parts",
    "known_sha256",
    "publish",
    "read_bytes",
    "read_head",
    "reap",
    "reap_temps",
    "remove",
    "resolve_media",
    "scratch_folder",
    "sha256_of",
    "stat",
    "write_bytes",
]
