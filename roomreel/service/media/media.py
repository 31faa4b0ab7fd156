"""Files that clients may fetch, by sid.

Of compositions, what was published in the store; of recordings, what lies in the media roots.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from roomreel.compose.publish import files_of_stored, plain_name, stored_medium
from roomreel.compose.stored_settings import reach_external
from roomreel.encryption import SUFFIXES, instruction_file
from roomreel.encryption.envelope import KEY
from roomreel.errors import NotFound, StorageFailed
from roomreel.maintenance.protected import is_own
from roomreel.model.location import Location, is_url
from roomreel.model.table import Row
from roomreel.service.lists.compositions import find_composition
from roomreel.service.lists.listing import fetch_room
from roomreel.service.lists.recordings import find_recording
from roomreel.service.media.links import LinkKind
from roomreel.service.media.served import (
    UNKNOWN,
    ServedFile,
    content_type_of,
    ending_of,
    instruction_in,
    look,
    version_of,
)
from roomreel.service.service import Service
from roomreel.storage import resolve_media_path
from roomreel.storage.location import location_of

_WORDS: Mapping[LinkKind, str] = {
    LinkKind.MEDIA: "media file",
    LinkKind.POSTER: "poster",
    LinkKind.SHEET: "contact sheet",
    LinkKind.PLAN: "plan document",
}
_MISSING: Mapping[LinkKind, str] = {
    LinkKind.MEDIA: "what was composed is gone, or being replaced",
    LinkKind.POSTER: "it shows nobody, or the file is gone",
    LinkKind.SHEET: "it shows nobody, or the file is gone",
    LinkKind.PLAN: "it is of an earlier version of roomreel, or the file is gone",
}


def find_composed(service: Service, kind: LinkKind, sid: str) -> ServedFile:
    """Return a file of a composition.

    Raises:
        NotFound: there is no composition of this sid, or no such file of it, and why.
        StorageFailed: it cannot be looked at.
    """
    row = find_composition(service, sid)
    what = _WORDS[kind]
    if row["status"] != "completed" or not row["media_url"]:
        raise NotFound(f"composition {sid} is {row['status']} and has no {what}")
    media = location_of(row["media_url"])
    if not media.name.startswith(f"{sid}."):
        raise NotFound(f"the {what} of composition {sid} was published elsewhere, not in the store")
    external = row["media_external_location"]
    if external is None:
        place = _beside(media, kind)
    elif kind is LinkKind.MEDIA:
        place = media
        reach_external(service.settings, media)
    else:
        place = _beside(stored_medium(row["media_url"], external, service.settings), kind)
    stored = look(place)
    size = row["size_bytes"] if kind is LinkKind.MEDIA else None
    if place is None or stored is None or size not in {None, stored.size_bytes}:
        raise NotFound(f"composition {sid} has no {what}: {_MISSING[kind]}")
    plain, encryption = plain_name(place)
    suffix = SUFFIXES[encryption]
    return ServedFile(
        place,
        stored,
        version_of(row["media_sha256"], stored),
        plain.name + suffix,
        UNKNOWN if suffix else content_type_of(plain, kind),
        instruction_in(instruction_file(place)) if isinstance(place, Path) else {},
        bool(suffix),
    )


def find_recorded(service: Service, sid: str, room: str | None = None) -> ServedFile:
    """Return the media file of a recording.

    Args:
        room: sid or unique name of the room that it must be of; None: any.

    Raises:
        NotFound: there is no recording of this sid, or no file of it, and why.
        StorageFailed: it cannot be looked at.
    """
    row = find_recording(service, sid, room)
    if row["status"] != "completed":
        raise NotFound(f"recording {sid} is {row['status']} and has no media file")
    place = _recorded(service, row)
    stored = look(place)
    if place is None or stored is None or stored.size_bytes == 0:
        raise NotFound(
            f"recording {sid} has no media file: nothing was recorded, or the file is gone, or not "
            "in a folder of media_roots"
        )
    metadata = instruction_in(_beside_recording(service, place))
    is_sealed = bool(metadata) or KEY in stored.metadata or plain_name(place)[1] != "none"
    content_type = UNKNOWN if is_sealed else content_type_of(place, LinkKind.MEDIA)
    name = f"{sid}.{ending_of(place, row['type'])}"
    version = version_of(None, stored)
    return ServedFile(place, stored, version, name, content_type, metadata, is_sealed)


def _beside(media: Location, kind: LinkKind) -> Location | None:
    """Return the place of a file of a composition, which need not be there."""
    files = files_of_stored(media)
    places = {
        LinkKind.MEDIA: files.media,
        LinkKind.POSTER: files.poster,
        LinkKind.SHEET: files.sheet,
        LinkKind.PLAN: files.plan,
    }
    place = places[kind]
    return None if place is None else location_of(place)


def _recorded(service: Service, row: Row) -> Location | None:
    """Return the place of a recording; None where none is named, or none that may be read."""
    url = row["media_url"]
    if not url:
        return None
    manifest = ""
    # What no run has looked at is as its manifest says it.
    if not is_url(url) and not Path(url).is_absolute():
        manifest = (fetch_room(service.database, row["room_sid"]) or {}).get("manifest_url") or ""
        if not manifest:
            return None
    place = _resolved(service, manifest, url)
    return None if place is None or is_own(place, service.settings) else place


def _beside_recording(service: Service, place: Location) -> Location | None:
    """Return the file that may say how a recording of this machine is encrypted."""
    if not isinstance(place, Path):
        return None
    return _resolved(service, "", str(instruction_file(place)))


def _resolved(service: Service, manifest: str, media: str) -> Location | None:
    with suppress(StorageFailed):  # outside of the roots
        return resolve_media_path(manifest, media, service.settings.media_folders)
    return None
