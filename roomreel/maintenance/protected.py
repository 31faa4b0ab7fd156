"""Files that are never removed as the medium of a recording, whatever its manifest calls them.

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
from roomreel.model.table import Row, Table, purged_digest
from roomreel.settings.rendering import Sources
from roomreel.storage import discover, discover_came, read_bytes, read_head, resolve_media_path

# A composition in the store, and what is stored beside it.
_COMPOSED = re.compile(r"CJ[0-9a-f]{32}\..+")
# A document begins with a brace; there is no medium that does.
_HEAD_BYTES = 4096
_READS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class _Claim:
    """A recording that names a file as its medium."""

    manifest: str
    room_sid: str
    sid: str


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

    def reason(self, row: Row, place: Location) -> str:
        """Return the reason why a file is not removed with a recording; "" where it may be.

        Args:
            row: of the recording, deleted.
            place: its medium, links resolved.

        Raises:
            StorageFailed: the file, or another manifest, cannot be read, so that it is unknown.
        """
        if is_own(place, self.settings):
            return f"{place} stays: it is kept by roomreel itself"
        if _is_document(place):
            return f"{place} stays: it is a document, not a media file"
        for claim in self._claims[str(place)]:
            is_this = (claim.room_sid, claim.sid) == (row["room_sid"], row["sid"])
            if not is_this and not self._is_deleted(claim):
                return f"{place} stays: recording {claim.sid} of {claim.manifest} has it, too"
        return ""

    @cached_property
    def _claims(self) -> Mapping[str, list[_Claim]]:
        """The files that manifests name, by location; read once, if something is to be removed."""
        found: dict[str, list[_Claim]] = defaultdict(list)
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

    def _named_by(self, url: str) -> Iterator[tuple[Location, _Claim]]:
        document = _document(url)
        room = _object(document.get("room"))
        recordings = document.get("recordings")
        for one in recordings if isinstance(recordings, list) else ():
            media = _object(one).get("media")
            if isinstance(media, str):
                claim = _Claim(url, str(room.get("sid")), str(one.get("sid")))
                try:
                    yield resolve_media_path(url, media, self.settings.media_folders), claim
                except StorageFailed:  # outside the roots, where nothing is removed
                    continue

    def _is_deleted(self, claim: _Claim) -> bool:
        row = self.catalog.find(Table.RECORDINGS, [claim.sid]).get(claim.sid)
        if row is not None:
            return bool(row["status"] == "deleted")
        room = self.catalog.find(Table.ROOMS, [claim.room_sid]).get(claim.room_sid, {})
        return purged_digest(claim.sid) in (room.get("recordings_purged") or ())


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
