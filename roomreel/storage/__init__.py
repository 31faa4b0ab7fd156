"""Storage of bytes: finding documents, confining media, publishing files, scratch space.

A location is a path of this machine or an object of a store; `port` says what a store is, and
`stores` which one a location belongs to. Every failure is a `StorageFailed` in plain words.
"""

from roomreel.storage.cache import Cache, at_hand
from roomreel.storage.documents import (
    discover,
    discover_stamped,
    find_documents,
    find_stamp,
    read_bytes,
    read_head,
    read_if_there,
)
from roomreel.storage.files import (
    clean_up_unfinished,
    find_sha256,
    publish,
    remove,
    sha256_of,
    stat,
    write_bytes,
)
from roomreel.storage.path_policy import resolve_media_path
from roomreel.storage.rooms import discover_came, discover_rooms, discover_rooms_stamped
from roomreel.storage.scratch import clean_up_parts, clean_up_scratch, scratch_folder
from roomreel.storage.stores import environment_for, link, outage
from roomreel.storage.stream import pinned

__all__ = [
    "Cache",
    "at_hand",
    "clean_up_parts",
    "clean_up_scratch",
    "clean_up_unfinished",
    "discover",
    "discover_came",
    "discover_rooms",
    "discover_rooms_stamped",
    "discover_stamped",
    "environment_for",
    "find_documents",
    "find_sha256",
    "find_stamp",
    "link",
    "outage",
    "pinned",
    "publish",
    "read_bytes",
    "read_head",
    "read_if_there",
    "remove",
    "resolve_media_path",
    "scratch_folder",
    "sha256_of",
    "stat",
    "write_bytes",
]
