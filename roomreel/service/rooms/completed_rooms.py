"""Rooms that have become completed: noted once, and then due until hooks were applied to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from roomreel.model.room import RecordingStatus, Room, RoomStatus
from roomreel.service.database.first_looks import MANIFESTS, was_looked_at
from roomreel.service.database.tables import COMPLETED_ROOMS
from roomreel.service.database.upsert import insert_new


@dataclass(frozen=True, slots=True)
class CompletedRoom:
    """A room that hooks are to be applied to.

    Attributes:
        date: when it was first seen as completed.
    """

    sid: str
    date: datetime


def note_completed(connection: Connection, room: Room, now: datetime) -> bool:
    """Note a room that is over, in the transaction that sees it; return whether it was not before.

    It is when the call is, no recording is processed any more, and there is one. What the first
    look of a database finds is noted, and has been over for long.
    """
    if not is_completed(room):
        return False
    is_new = was_looked_at(connection, MANIFESTS)
    row = {"sid": room.sid, "date": now, "due": now if is_new else None}
    return insert_new(connection, COMPLETED_ROOMS, row) and is_new


def is_completed(room: Room) -> bool:
    """Return whether a room is over, with all that was recorded of it."""
    statuses = {recording.status for recording in room.recordings}
    return (
        room.status is RoomStatus.COMPLETED
        and RecordingStatus.PROCESSING not in statuses
        and RecordingStatus.COMPLETED in statuses
    )


def find_due(connection: Connection, now: datetime, most: int) -> list[CompletedRoom]:
    """Return rooms that hooks are to be applied to, those first that have waited longest."""
    due = COMPLETED_ROOMS.c.due
    wanted = select(COMPLETED_ROOMS.c.sid, COMPLETED_ROOMS.c.date).where(due <= now)
    found = connection.execute(wanted.order_by(due, COMPLETED_ROOMS.c.sid).limit(most))
    return [CompletedRoom(row.sid, row.date) for row in found]


def set_due(connection: Connection, room_sid: str, due: datetime | None) -> None:
    """Note when hooks are to be applied to a room, again; None: they have been."""
    this = COMPLETED_ROOMS.c.sid == room_sid
    connection.execute(update(COMPLETED_ROOMS).where(this).values(due=due))
