"""Events of rooms and recordings: the difference between a manifest as seen last, and now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from roomreel.model.callback import callback_to
from roomreel.model.room import USUAL_CONTAINERS, Recording, RecordingStatus, Room, RoomStatus
from roomreel.model.table import purged_digest
from roomreel.service.callbacks.events import Event, add_event
from roomreel.service.database.first_looks import MANIFESTS, was_looked_at
from roomreel.service.database.tables import ROOMS_SEEN
from roomreel.service.database.upsert import put

RECORDINGS = "/v1/Recordings"

_NO_SIZES: Mapping[str, int] = {}
# What becomes of such a recording is new.
_OPEN = frozenset({None, RecordingStatus.PROCESSING})


@dataclass(frozen=True, slots=True)
class Seen:
    """A room as it was seen last.

    Attributes:
        recordings: status of each, by a digest of its sid: one that is purged is in no table.
    """

    status: RoomStatus
    recordings: Mapping[str, RecordingStatus]


def note_room(
    connection: Connection, room: Room, sizes: Mapping[str, int] = _NO_SIZES
) -> list[Event]:
    """Note a room as it is now, and write down what has happened to it; return the new events.

    What the first look of a database finds is taken as it is.

    Args:
        sizes: of media files that were measured, in bytes by sid; of others the manifest says it.
    """
    now = datetime.now(UTC)
    before = find_seen(connection, room.sid)
    is_new = was_looked_at(connection, MANIFESTS)
    events = list(events_of(before, room, now, sizes)) if is_new else []
    put(connection, ROOMS_SEEN, [_row(room)])
    return [event for event in events if add_event(connection, event, 0)]


def note_gone(connection: Connection, room_sid: str) -> None:
    """Note that no manifest tells of a room any more."""
    there = ROOMS_SEEN.c.sid == room_sid, ROOMS_SEEN.c.gone.is_(None)
    connection.execute(update(ROOMS_SEEN).where(*there).values(gone=datetime.now(UTC)))


def completed_since(before: Seen | None, room: Room) -> Iterator[Recording]:
    """Yield the recordings of a room that have completed since it was seen last."""
    known = before.recordings if before else {}
    for recording in room.recordings:
        is_open = known.get(purged_digest(recording.sid)) in _OPEN
        if is_open and recording.status is RecordingStatus.COMPLETED:
            yield recording


def events_of(
    before: Seen | None, room: Room, now: datetime, sizes: Mapping[str, int] = _NO_SIZES
) -> Iterator[Event]:
    """Yield what has happened to a room, and to its recordings, since it was seen last.

    Args:
        before: None of one that is seen for the first time: all that it has been through.
        sizes: as of `note_room`.
    """
    if before is None:
        created = {"RoomStatus": str(RoomStatus.IN_PROGRESS)}
        yield _event(room.sid, "room-created", room, now, created)
    known = before.recordings if before else {}
    for recording in room.recordings:
        seen = known.get(purged_digest(recording.sid))
        size = sizes.get(recording.sid, recording.claimed_size_bytes or 0)
        yield from _events_of_recording(seen, recording, room, now, size)
    was_over = before is not None and before.status is not RoomStatus.IN_PROGRESS
    if room.status is not RoomStatus.IN_PROGRESS and not was_over:
        ended = {"RoomStatus": str(room.status), "RoomDuration": _duration_s(room)}
        yield _event(room.sid, "room-ended", room, now, ended)


def _events_of_recording(
    before: RecordingStatus | None,
    recording: Recording,
    room: Room,
    now: datetime,
    size_bytes: int,
) -> Iterator[Event]:
    status = recording.status
    said = _said_of(recording, room)
    # What was deleted before it was seen is none of anybody's.
    if before is None and status in {RecordingStatus.PROCESSING, RecordingStatus.COMPLETED}:
        yield _event(recording.sid, "recording-started", room, now, said)
    if status is before or before not in _OPEN:
        return
    if status is RecordingStatus.COMPLETED:
        made = {
            "MediaUri": f"{RECORDINGS}/{recording.sid}/Media",
            "Duration": recording.claimed_duration_s or 0,
            "Size": size_bytes,
        }
        yield _event(recording.sid, "recording-completed", room, now, said | made)
    elif status is RecordingStatus.FAILED:
        operation = "RecordingStart" if before is None else "RecordingComplete"
        failed = {"FailedOperation": operation}
        yield _event(recording.sid, "recording-failed", room, now, said | failed)


def _said_of(recording: Recording, room: Room) -> dict[str, Any]:
    codec = recording.codec
    return {
        "ParticipantSid": recording.participant_sid,
        "ParticipantIdentity": room.identity_of(recording.participant_sid),
        "RecordingSid": recording.sid,
        "RecordingUri": f"{RECORDINGS}/{recording.sid}",
        "SourceSid": recording.source_sid,
        "TrackName": recording.track_name,
        "Type": str(recording.type),
        "Container": recording.container_format or USUAL_CONTAINERS.get(recording.type),
        "Codec": codec and codec.lower(),
        "OffsetFromTwilioVideoEpoch": recording.offset_ms,
    }


def _event(stream: str, name: str, room: Room, now: datetime, said: Mapping[str, Any]) -> Event:
    about = {"RoomName": room.unique_name, "RoomType": room.type, **said}
    data = {key: value for key, value in about.items() if value is not None}
    callback = callback_to(room.status_callback, room.status_callback_method)
    return Event(stream, room.sid, name, now, data, callback)


def _duration_s(room: Room) -> int | None:
    if room.date_created is None or room.end_time is None:
        return None
    # Clocks that were set in between make no call shorter than none.
    return max(0, round((room.end_time - room.date_created) / timedelta(seconds=1)))


def find_seen(connection: Connection, sid: str) -> Seen | None:
    """Return a room as it was seen last; None of one that never was."""
    wanted = select(ROOMS_SEEN.c.status, ROOMS_SEEN.c.recordings).where(ROOMS_SEEN.c.sid == sid)
    found = connection.execute(wanted).first()
    if found is None:
        return None
    recordings = {one: RecordingStatus(status) for one, status in found.recordings.items()}
    return Seen(RoomStatus(found.status), recordings)


def _row(room: Room) -> dict[str, Any]:
    recordings = {purged_digest(one.sid): str(one.status) for one in room.recordings}
    return {
        "sid": room.sid,
        "status": str(room.status),
        "recordings": recordings,
        "status_callback": room.status_callback,
        "status_callback_method": room.status_callback_method if room.status_callback else None,
        "gone": None,
    }
