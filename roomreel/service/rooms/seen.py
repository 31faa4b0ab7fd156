"""Rows of rooms and recordings that manifests tell of, one manifest at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import Connection, delete, select, update

from roomreel.catalog.columns.facts import RecordingFacts
from roomreel.catalog.rows import Stamp, recording_row
from roomreel.model.location import without_secrets
from roomreel.model.media import MediaFile
from roomreel.model.room import Manifest, Room
from roomreel.model.table import Row, Table, purged_digest
from roomreel.service.database.tables import MANIFESTS, RECORDINGS, ROOMS
from roomreel.service.database.upsert import put
from roomreel.service.projection.copying import date_recordings
from roomreel.service.projection.records import packed, record_of
from roomreel.service.rooms.completed_rooms import note_completed
from roomreel.service.rooms.room_events import note_gone, note_room

_NO_DAY = datetime(1970, 1, 1, tzinfo=UTC)


def see_manifest(
    connection: Connection, manifest: Manifest, stamp: str, sizes: Mapping[str, int]
) -> None:
    """Take over what a manifest tells of.

    Of a room that has several, the first by URL counts; the others are only noted.

    Args:
        sizes: of media files that were measured, in bytes by sid.
    """
    room = manifest.room
    if _room_of(connection, manifest.url) not in {None, room.sid}:
        forget_manifest(connection, manifest.url)
    first = select(MANIFESTS.c.url).where(MANIFESTS.c.room_sid == room.sid)
    others = set(connection.execute(first).scalars()) - {bytes_of_url(manifest.url)}
    put_manifest(connection, manifest.url, stamp, room.sid)
    if all(bytes_of_url(manifest.url) < other for other in others):
        created = _put_room(connection, manifest)
        _put_recordings(connection, manifest, created)
        date_recordings(connection, {room.sid: created})
        note_room(connection, room, sizes)
        note_completed(connection, room, datetime.now(UTC))


def forget_manifest(connection: Connection, url: str) -> None:
    """Forget a manifest, and what it alone told of."""
    room = _room_of(connection, url)
    connection.execute(delete(MANIFESTS).where(MANIFESTS.c.key == key_of_url(url)))
    if room is None:
        return
    for table, of in ((ROOMS, ROOMS.c.sid), (RECORDINGS, RECORDINGS.c.room_sid)):
        connection.execute(delete(table).where(of == room, table.c.rev == 0))
    others = update(MANIFESTS).where(MANIFESTS.c.room_sid == room)
    if not connection.execute(others.values(stamp="")).rowcount:
        note_gone(connection, room)


def put_manifest(
    connection: Connection, url: str, stamp: str, room: str | None, problem: str | None = None
) -> None:
    """Write down that a manifest was read."""
    row = {
        "key": key_of_url(url),
        "url": bytes_of_url(url),
        "stamp": stamp,
        "room_sid": room,
        "problem": problem,
    }
    put(connection, MANIFESTS, [row])


def key_of_url(url: str) -> str:
    """Return the key of a manifest."""
    return hashlib.sha256(bytes_of_url(url)).hexdigest()


def bytes_of_url(url: str) -> bytes:
    """Return a URL as it is kept: a name on a disk need not be text."""
    return url.encode("utf-8", "surrogateescape")


def _room_of(connection: Connection, url: str) -> str | None:
    known = select(MANIFESTS.c.room_sid).where(MANIFESTS.c.key == key_of_url(url))
    return connection.execute(known).scalar()


def _put_room(connection: Connection, manifest: Manifest) -> datetime:
    """Write the row of a room, unless a catalog has it; return when the room counts as created."""
    room = manifest.room
    standing = select(ROOMS.c.date_created, ROOMS.c.rev).where(ROOMS.c.sid == room.sid)
    found = connection.execute(standing).first()
    if found is not None and found.rev > 0:
        return cast("datetime", found.date_created)
    # Of one that says nothing: when it was seen first.
    seen: datetime = datetime.now(UTC) if found is None else found.date_created
    created = room.date_created or room.end_time or seen
    record = _record(Table.ROOMS, _room_row(manifest), created)
    put(connection, ROOMS, [record], ROOMS.c.rev == 0)
    return created


def _room_row(manifest: Manifest) -> Row:
    room = manifest.room
    return {
        "sid": room.sid,
        "status": str(room.status),
        "updated_at": _NO_DAY,
        "unique_name": room.unique_name,
        "type": room.type,
        "date_created": room.date_created,
        "end_time": room.end_time,
        "duration_ms": _duration_ms(room),
        "participant_count": len(room.participants),
        "recording_count": len(room.recordings),
        "manifest_url": _text(without_secrets(manifest.url)),
        "manifest_sha256": manifest.sha256,
        "participants": [{"sid": one.sid, "identity": one.identity} for one in room.participants],
    }


def _put_recordings(connection: Connection, manifest: Manifest, created: datetime) -> None:
    """Write rows of the recordings that no catalog has, and that were not purged."""
    gone = _purged(connection, manifest.room.sid)
    stamp = Stamp(_NO_DAY)
    records = [
        _record(
            Table.RECORDINGS,
            recording_row(RecordingFacts(manifest.room, recording, MediaFile()), stamp),
            created,
        )
        for recording in manifest.room.recordings
        if purged_digest(recording.sid) not in gone
    ]
    # A manifest can name a recording of another room, whose it is.
    is_ours = (RECORDINGS.c.rev == 0) & (RECORDINGS.c.room_sid == manifest.room.sid)
    put(connection, RECORDINGS, records, is_ours)
    told = [record["sid"] for record in records]
    _remove_others(connection, manifest.room.sid, told)


def _remove_others(connection: Connection, room: str, told: Collection[str]) -> None:
    """Remove rows of recordings that the manifest of their room does not tell of any more."""
    there = select(RECORDINGS.c.sid).where(RECORDINGS.c.room_sid == room, RECORDINGS.c.rev == 0)
    gone = set(connection.execute(there).scalars()) - set(told)
    if gone:
        connection.execute(delete(RECORDINGS).where(RECORDINGS.c.sid.in_(gone)))


def _purged(connection: Connection, room: str) -> set[str]:
    row = connection.execute(select(ROOMS.c.row).where(ROOMS.c.sid == room)).scalar()
    return set((row or {}).get("recordings_purged") or ())


def _record(table: Table, row: Row, created: datetime) -> Row:
    record = record_of(table, row, _NO_DAY.date(), created)
    return record | {"day": None, "rev": 0, "row": packed(table, row)}


def _duration_ms(room: Room) -> int | None:
    if room.date_created is None or room.end_time is None:
        return None
    return (room.end_time - room.date_created) // timedelta(milliseconds=1)


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode()
