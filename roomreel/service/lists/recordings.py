"""Recordings as clients see them: by the catalogs, or by manifests as seen."""

from __future__ import annotations

from datetime import UTC, datetime

from roomreel.errors import Conflict, NotFound
from roomreel.maintenance.removal import remove_all
from roomreel.model.room import RecordingStatus, RoomStatus
from roomreel.model.table import Row, Table
from roomreel.service.lists.listing import fetch_recording, fetch_room
from roomreel.service.projection.projection import project_row
from roomreel.service.service import Service


def find_recording(service: Service, sid: str, room: str | None = None) -> Row:
    """Return a recording.

    Args:
        room: sid or unique name of the room that it must be of; None: any.

    Raises:
        NotFound: there is none.
    """
    row = fetch_recording(service.database, sid)
    of = fetch_room(service.database, room) if room is not None else None
    if row is None or (room is not None and (of is None or row["room_sid"] != of["sid"])):
        raise NotFound(f"there is no recording {sid}")
    return row


def delete_recording(service: Service, sid: str, room: str | None = None) -> None:
    """Delete a recording: its row first, then its file; of what is deleted nothing happens.

    Raises:
        NotFound: there is none.
        Conflict: its room is not over, or it was not recorded in the catalogs yet.
        StorageFailed, CatalogError: it cannot be done now.
    """
    row = find_recording(service, sid, room)
    if row["status"] == RecordingStatus.DELETED:
        return
    of = fetch_room(service.database, row["room_sid"])
    if of is not None and of["status"] == RoomStatus.IN_PROGRESS:
        raise Conflict(f"the room of {sid} is in progress", "delete it once the room is over")
    now = datetime.now(UTC)
    removal = remove_all(service.catalog, Table.RECORDINGS, [sid], service.settings, now)
    if not removal.rows:
        raise Conflict(
            f"{sid} is in no catalog yet", "it is after the first run that considers its room"
        )
    with service.database.write() as connection:
        project_row(connection, Table.RECORDINGS, removal.rows[0])
    for problem in removal.problems:
        raise problem
