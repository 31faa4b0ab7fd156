"""Stored files as clients get them: looked at, named, and typed by a table.

What a file is served as is never decided by its bytes: a recording may be anything.
"""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from roomreel.compose.publish import plain_name
from roomreel.encryption import SUFFIXES, read_instruction
from roomreel.encryption.envelope import envelope_of, metadata_of
from roomreel.errors import MediaUnreadable, StorageFailed
from roomreel.model.formats import FORMATS
from roomreel.model.location import Location
from roomreel.model.media import Stored
from roomreel.model.room import USUAL_CONTAINERS
from roomreel.service.media.links import LinkKind
from roomreel.storage import stat

UNKNOWN = "application/octet-stream"

CONTENT_TYPES: Mapping[str, str] = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mka": "audio/x-matroska",
    "mkv": "video/x-matroska",
}
"""Of media that are not encrypted, by the ending of their names; of others `UNKNOWN`."""

_BESIDE: Mapping[LinkKind, str] = {
    LinkKind.POSTER: "image/jpeg",
    LinkKind.SHEET: "image/jpeg",
    LinkKind.PLAN: "application/json",
}
_VERSION_DIGITS = 32
# None of them is that of a program, or of a page.
_ENDINGS = frozenset(ending for known in FORMATS for ending in known.endings)
# As much as clients take for a header.
_LONGEST_METADATA = 8 * 1024
# What a path can be where there is no file; whatever else is wrong is for the operator.
_NOWHERE = frozenset({errno.ENAMETOOLONG, errno.ENOTDIR, errno.ELOOP, errno.EISDIR})


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file as a client gets it.

    Attributes:
        stored: as it was looked at.
        version: another one when its bytes are others, or what is recorded of them.
        name: that it is saved by where the client names none.
        metadata: what is needed to decrypt a file of this machine, by the names of S3's metadata;
            an object has it as its own.
        is_encrypted: whether its bytes are of use only to who has a key.
    """

    place: Location
    stored: Stored
    version: str
    name: str
    content_type: str
    metadata: Mapping[str, str]
    is_encrypted: bool


def look(place: Location | None) -> Stored | None:
    """Return what is known of a file; None where there is none, or something else."""
    if place is None:
        return None
    try:
        return stat(place)
    except StorageFailed as error:
        cause = error.__cause__
        is_trouble = isinstance(cause, OSError) and cause.errno not in _NOWHERE
        if is_trouble or not isinstance(place, Path):
            raise
        return None


def instruction_in(beside: Location | None) -> Mapping[str, str]:
    """Return the metadata in an instruction file; nothing where there is none, or none of use."""
    if isinstance(beside, Path):
        with suppress(StorageFailed, MediaUnreadable):
            envelope = envelope_of(read_instruction(beside))
            found = metadata_of(envelope) if envelope else {}
            if sum(map(len, found.values())) <= _LONGEST_METADATA:
                return found
    return {}


def version_of(digest: str | None, stored: Stored) -> str:
    """Return what a file is known by: another text when its bytes are others.

    Args:
        digest: that is recorded of it, if one is.
    """
    said = f"{digest or ''} {stored.size_bytes} {stored.version}"
    return hashlib.sha256(said.encode()).hexdigest()[:_VERSION_DIGITS]


def content_type_of(plain: Location, kind: LinkKind) -> str:
    """Return what a file is served as, by its name before it was encrypted."""
    ending = plain.name.rpartition(".")[2].lower()
    return _BESIDE.get(kind) or CONTENT_TYPES.get(ending, UNKNOWN)


def ending_of(place: Location, kind: str) -> str:
    """Return what the name of a recording ends in when it is saved; strangers chose that it has."""
    plain, encryption = plain_name(place)
    ending = plain.name.rpartition(".")[2].lower()
    usual = ending if ending in _ENDINGS else USUAL_CONTAINERS.get(kind, "mkv")
    return usual + SUFFIXES[encryption]
