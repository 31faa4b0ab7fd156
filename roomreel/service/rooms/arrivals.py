"""Manifests that come by the API: checked, and kept in the folder of their room."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from roomreel.documents.findings import value_text
from roomreel.documents.manifest import parse_manifest
from roomreel.errors import Conflict, DocumentInvalid, Violation
from roomreel.model.location import Location
from roomreel.model.room import USUAL_CONTAINERS, Manifest, Recording, RecordingStatus
from roomreel.service.callbacks.checking import CALLBACK_POINTER, receiver_violations
from roomreel.service.database.connections import Database
from roomreel.service.database.first_looks import MANIFESTS as LOOKED_AT
from roomreel.service.database.first_looks import was_looked_at
from roomreel.service.database.tables import MANIFESTS
from roomreel.service.database.turns import turn
from roomreel.service.rooms.growing import refuse_unsaying
from roomreel.service.rooms.manifests import look, look_at
from roomreel.service.rooms.seen import bytes_of_url
from roomreel.service.service import Service
from roomreel.settings.places import Places
from roomreel.storage import read_bytes, read_if_there, stat, write_bytes
from roomreel.storage.rooms import MANIFEST

LONGEST_NAME_BYTES = 200
"""Of a media file: beside it lies what is named after it."""

# What a disk or a store takes, what is no path, and what no other file of the room is called.
_PLAIN = re.compile(
    r"[^./\\?#\x00-\x1f\x7f][^/\\?#\x00-\x1f\x7f]*(?<!\.json)(?<!\.instruction)", re.IGNORECASE
)
_EXPECTED = "the plain name of a file in the folder of the room, not of JSON or an instruction"
_LOOKS_AT_ONCE = 8


def put_manifest(service: Service, sid: str, data: bytes) -> None:
    """Take in the manifest of a room, in place of the one that came before; seen at once.

    Args:
        sid: of the room, as it is written in the catalogs.
        data: the document.

    Raises:
        DocumentInvalid: with every broken rule.
        Conflict: the room is told of elsewhere, the document takes back what was said before, or a
            recording is completed whose media file is not there.
        StorageFailed, ServiceDatabaseFailed: it cannot be kept now.
    """
    name = f"{sid}/{MANIFEST}"
    manifest = parse_manifest(data, name)
    receiver = manifest.room.status_callback
    broken = [
        *_misplaced(manifest, sid),
        *receiver_violations(receiver, CALLBACK_POINTER, service.settings),
        *_odd_names(manifest),
    ]
    if broken:
        raise DocumentInvalid(str(broken[0]), "", broken)
    _look_once(service)
    with turn(service.database, f"room {sid}"):
        refuse_told_elsewhere(service.database, service.settings, sid)
        place = manifest_place(service.settings, sid)
        before = read_kept(place)
        filled = _with_names(manifest, before, place)
        if before is not None:
            refuse_unsaying(before.room, filled.room)
        _refuse_absent(filled, before, place)
        text = data if filled == manifest else _text(data, filled)
        if before is None or text != read_bytes(str(place)):
            write_bytes(place, text)
        for problem in look_at(service.database, service.settings, [str(place)]).values():
            raise problem


def _look_once(service: Service) -> None:
    """See to it that all there was is seen: only then is it known what is new."""
    with service.database.read() as connection:
        is_done = was_looked_at(connection, LOOKED_AT)
    if not is_done:
        look(service.database, service.settings)


def manifest_place(settings: Places, sid: str) -> Location:
    """Return where the manifest of a room lies that came by the API."""
    return settings.rooms_root / sid / MANIFEST


def read_kept(place: Location) -> Manifest | None:
    """Return the manifest that came before; None where none did.

    Raises:
        StorageFailed: it cannot be read.
        DocumentInvalid: somebody has changed it, and not well.
    """
    data = read_if_there(place)
    return None if data is None else parse_manifest(data, str(place))


def default_name(recording: Recording) -> str:
    """Return what the media file of a recording is called whose manifest does not say."""
    return f"{recording.sid}.{USUAL_CONTAINERS.get(recording.type, 'mkv')}"


def refuse_told_elsewhere(database: Database, settings: Places, sid: str) -> None:
    """Refuse a room that the setting `manifests` tells of.

    Raises:
        Conflict: it does.
    """
    own = bytes_of_url(str(manifest_place(settings, sid)))
    with database.read() as connection:
        others = select(MANIFESTS.c.url).where(MANIFESTS.c.room_sid == sid, MANIFESTS.c.url != own)
        if connection.execute(others.limit(1)).first() is not None:
            raise Conflict(
                f"room {sid} has a manifest in the folder of manifests",
                "change that one; its media lie beside it",
            )


def _misplaced(manifest: Manifest, sid: str) -> Iterator[Violation]:
    if manifest.room.sid != sid:
        yield Violation("/room/sid", f'"{sid}", as in the URL', value_text(manifest.room.sid))


def _odd_names(manifest: Manifest) -> Iterator[Violation]:
    for index, recording in enumerate(manifest.room.recordings):
        name = recording.media
        if name is not None and not is_plain(name):
            yield Violation(f"/recordings/{index}/media", _EXPECTED, value_text(name))
    if manifest.room.events_media is not None:
        expected = "none: events stand in the manifest, or in the media file of a data recording"
        yield Violation("/events/media", expected, value_text(manifest.room.events_media))
    media = {one.media or default_name(one) for one in manifest.room.recordings}
    for index, person in enumerate(manifest.room.participants):
        avatar, pointer = person.avatar, f"/participants/{index}/avatar"
        if avatar is not None and not is_plain(avatar):
            yield Violation(pointer, _EXPECTED, value_text(avatar))
        elif avatar in media:
            yield Violation(pointer, "a name that no recording has", value_text(avatar))


def is_plain(name: str) -> bool:
    """Return whether a name is that of a media file in the folder of its room."""
    try:
        is_short = len(name.encode()) <= LONGEST_NAME_BYTES
    except UnicodeEncodeError:
        return False
    return is_short and _PLAIN.fullmatch(name) is not None


def _with_names(manifest: Manifest, before: Manifest | None, place: Location) -> Manifest:
    """Return a manifest in which each media file that there is, or may come, has its name."""
    room = manifest.room
    known = {one.sid: one.media for one in before.room.recordings} if before else {}
    recordings = tuple(
        replace(one, media=one.media or known.get(one.sid) or _name_of(one, place))
        for one in room.recordings
    )
    return replace(manifest, room=replace(room, recordings=recordings))


def _name_of(recording: Recording, place: Location) -> str | None:
    """Return the name of a media file that no manifest says; None where there will be none."""
    name = default_name(recording)
    may_come = recording.status is RecordingStatus.PROCESSING
    return name if may_come or stat(place.parent / name) is not None else None


def _refuse_absent(manifest: Manifest, before: Manifest | None, place: Location) -> None:
    """Refuse a recording that is completed and has no file: the room would be composed without it.

    One that was completed before may have been deleted since.

    Raises:
        Conflict: there is one.
    """
    known = {one.sid: one.status for one in before.room.recordings} if before else {}
    names = {
        recording.media: recording.sid
        for recording in manifest.room.recordings
        if recording.status is RecordingStatus.COMPLETED
        and recording.media is not None
        and known.get(recording.sid) is not RecordingStatus.COMPLETED
    }
    with ThreadPoolExecutor(_LOOKS_AT_ONCE) as pool:
        found = pool.map(lambda name: stat(place.parent / name), names)
        absent = [sid for sid, stored in zip(names.values(), found, strict=True) if stored is None]
    if absent:
        raise Conflict(
            f"recording {absent[0]} is completed, and its media file was not put"
            + (f"; nor those of {len(absent) - 1} others" if absent[1:] else "")
            + ": put the manifest with the status processing, then the media file, then the "
            "manifest with the status completed"
        )


def _text(data: bytes, manifest: Manifest) -> bytes:
    """Return the document with the names of media that it leaves out."""
    document: dict[str, Any] = json.loads(data)
    names: Mapping[str, str | None] = {one.sid: one.media for one in manifest.room.recordings}
    for recording in document["recordings"]:
        recording["media"] = names[recording["sid"]]
    return json.dumps(document, ensure_ascii=False, indent=2).encode()
