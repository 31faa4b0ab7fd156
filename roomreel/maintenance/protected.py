"""Files that are never removed as media, avatars or events, whatever a manifest calls them.

Manifests come from strangers, and a medium may lie anywhere in the media roots. So a manifest can
name what belongs to others: their documents, their recordings, or what roomreel keeps itself. What
cannot be opened or decoded is a medium all the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from roomreel.catalog.catalog import Catalog
from roomreel.documents.text import SIZE_LIMIT_BYTES, read
from roomreel.errors import StorageFailed
from roomreel.model.location import Location, ObjectLocation
from roomreel.model.table import Table, purged_digest
from roomreel.settings.rendering import Sources
from roomreel.storage import discover, discover_came, read_bytes, read_head, resolve_media_path

# A composition in the store, and what is stored beside it.
_COMPOSED = re.compile(r"CJ[0-9a-f]{32}\..+")
# A document begins with a brace; there is no medium that does.
_HEAD_BYTES = 4096
_READS_AT_ONCE = 8


RECORDING = "recording"


@dataclass(frozen=True, slots=True)
class Claim:
    """A recording that has a file as its medium, a participant as the avatar, a room as its events.

    Attributes:
        sid: of the recording, the participant or the room.
        recordings: sids of those with which the claim ends; none: it does not.
        owner: what the sid is of.
    """

    manifest: str
    room_sid: str
    sid: str
    recordings: tuple[str, ...]
    owner: str = RECORDING

    def __str__(self) -> str:
        return f"{self.owner} {self.sid} of {self.manifest}"


def is_own(place: Location, settings: Sources) -> bool:
    """Return whether a file is one that roomreel keeps itself, links resolved."""
    if _COMPOSED.fullmatch(place.name):
        return True
    folders = [
        root / table for root in (settings.catalog_root, settings.journal_root) for table in Table
    ]
    keys = [key for key in (settings.key_source, settings.private_key) if isinstance(key, Path)]
    own = (*folders, settings.prefect_root, settings.service_root, *keys)
    return any(_is_within(place, one) for one in own)


@dataclass
class Guard:
    """Says of files why they stay."""

    catalog: Catalog
    settings: Sources

    def reason(self, room_sid: str, sid: str, place: Location) -> str:
        """Return the reason why a file is not removed with who had it; "" where it may be.

        Args:
            room_sid: where that is.
            sid: of the recording that is deleted, or of whom or what all recordings are.
            place: its medium, avatar or events, links resolved.

        Raises:
            StorageFailed: the file, or another manifest, cannot be read, so that it is unknown.
        """
        if is_own(place, self.settings):
            return f"{place} stays: it is kept by roomreel itself"
        if _is_document(place):
            return f"{place} stays: it is a document, not a media file"
        for claim in self._claims[str(place)]:
            is_this = (claim.room_sid, claim.sid) == (room_sid, sid)
            if not is_this and not self.is_over(claim):
                return f"{place} stays: {claim} has it, too"
        return ""

    def files_beside(self, manifest: str) -> Iterator[tuple[Location, Claim]]:
        """Yield what a manifest names beside media, avatars and events, with who has them.

        Raises:
            StorageFailed: it is there and cannot be read.
        """
        for place, claim in self._named_by(manifest):
            if claim.owner != RECORDING:
                yield place, claim

    def is_over(self, claim: Claim) -> bool:
        """Return whether all recordings are deleted with which a claim ends."""
        return bool(claim.recordings) and all(
            self._is_deleted(claim.room_sid, sid) for sid in claim.recordings
        )

    @cached_property
    def _claims(self) -> Mapping[str, list[Claim]]:
        """The files that manifests name, by location; read once, if something is to be removed."""
        found: dict[str, list[Claim]] = defaultdict(list)
        with ThreadPoolExecutor(_READS_AT_ONCE) as pool:
            for claims in pool.map(lambda url: list(self._named_by(url)), self._manifests()):
                for place, claim in claims:
                    found[str(place)].append(claim)
        return found

    def _manifests(self) -> list[str]:
        try:
            found = discover(self.settings.manifests)
        except StorageFailed as error:
            if not _is_missing(error):  # as for who composes by hand
                raise
            found = []
        return [*found, *discover_came(self.settings.rooms_root)]

    def _named_by(self, url: str) -> Iterator[tuple[Location, Claim]]:
        for path, claim in _claims_in(_document(url), url):
            try:
                yield resolve_media_path(url, path, self.settings.media_folders), claim
            except StorageFailed:  # outside the roots, where nothing is removed
                continue

    def _is_deleted(self, room_sid: str, sid: str) -> bool:
        row = self.catalog.find(Table.RECORDINGS, [sid]).get(sid)
        if row is not None:
            return bool(row["status"] == "deleted")
        room = self.catalog.find(Table.ROOMS, [room_sid]).get(room_sid, {})
        return purged_digest(sid) in (room.get("recordings_purged") or ())


def _claims_in(document: Mapping[str, object], url: str) -> Iterator[tuple[str, Claim]]:
    """Yield the paths that a manifest names, with who names them, whatever rules it breaks."""
    room_sid = str(_object(document.get("room")).get("sid"))
    own: dict[str, list[str]] = defaultdict(list)
    for one in _objects(document.get("recordings")):
        sid, media = str(one.get("sid")), one.get("media")
        own[str(one.get("participant_sid"))].append(sid)
        if isinstance(media, str):
            yield media, Claim(url, room_sid, sid, (sid,))
    for one in _objects(document.get("participants")):
        sid, avatar = str(one.get("sid")), one.get("avatar")
        if isinstance(avatar, str):
            yield avatar, Claim(url, room_sid, sid, tuple(own.get(sid, ())), "participant")
    events = _object(document.get("events")).get("media")
    if isinstance(events, str):
        everything = tuple(sid for some in own.values() for sid in some)
        yield events, Claim(url, room_sid, room_sid, everything, "room")


def _document(url: str) -> Mapping[str, object]:
    """Return a document as far as it can be read, whatever rules it breaks.

    Raises:
        StorageFailed: it is there and cannot be read.
    """
    try:
        return _object(read(read_bytes(url, SIZE_LIMIT_BYTES)).value)
    except StorageFailed as error:
        if _is_missing(error) or error.__cause__ is None:  # gone since, or too large for one
            return {}
        raise


def _objects(value: object) -> list[Mapping[str, object]]:
    return [_object(one) for one in value] if isinstance(value, list) else []


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _is_document(place: Location) -> bool:
    head = read_head(str(place), _HEAD_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.startswith(b"{"):
        return False
    schema = _document(str(place)).get("schema")
    return isinstance(schema, str) and schema.startswith("roomreel.")


def _is_within(place: Location, folder: Location) -> bool:
    if isinstance(place, ObjectLocation):
        return place.is_relative_to(folder.resolve())
    return isinstance(folder, Path) and place.is_relative_to(folder.resolve())


def _is_missing(error: StorageFailed) -> bool:
    return isinstance(error.__cause__, FileNotFoundError)
