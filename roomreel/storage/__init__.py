"""Where bytes live: finding documents, confining media, publishing files, scratch space.

Paths and URLs come in, paths of the local file system go out. Every failure is a `StorageFailed`
in plain words.
"""

from roomreel.storage.confine import resolve_media, stat
from roomreel.storage.publish import publish, reap_temps, sha256_of
from roomreel.storage.scratch import drop_parts, reap, reap_parts, scratch_folder
from roomreel.storage.source import discover, read_bytes

__all__ = [
    "discover",
    "drop_parts",
    "publish",
    "read_bytes",
    "reap",
    "reap_parts",
    "reap_temps",
    "resolve_media",
    "scratch_folder",
    "sha256_of",
    "stat",
]
