"""Recordings as clients see them: by the catalogs, or by manifests as seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from roomreel.errors import Conflict, NotFound, RoomreelError
from roomreel.logs import LOG
from roomreel.maintenance.removal import remove_all
from roomreel.model.table import Row, Table
from roomreel.service.lists.listing import fetch_recording, fetch_room
from roomreel.service.lists.matching import why_recordings_stay
from roomreel.service.lists.stays import Stays
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
    find_recording(service, sid, room)
    stay, problems = _delete(service, [sid])
    match stay.get(sid):
        case Stays.GOES_ON:
            raise Conflict(f"the room of {sid} is in progress", "delete it once the room is over")
        case Stays.NOT_RECORDED:
            raise Conflict(
                f"{sid} is in no catalog yet", "it is after the first run that considers its room"
            )
    for problem in problems:
        raise problem


def delete_recordings(service: Service, sids: Collection[str]) -> dict[str, Stays]:
    """Delete recordings as `delete_recording` does; return why some stay. Safe to repeat.

    A file that cannot be removed now the retention flow removes later.

    Raises:
        StorageFailed, CatalogError: it cannot be done now; what was done stays so.
    """
    stay, problems = _delete(service, sids)
    for problem in problems:
        LOG.warning("a file of a deleted recording is left to the retention flow: %s", problem)
    return stay


def _delete(
    service: Service, sids: Collection[str]
) -> tuple[dict[str, Stays], Sequence[RoomreelError]]:
    stay = why_recordings_stay(service.database, sids)
    wanted = sorted(set(sids) - set(stay))
    if not wanted:
        return stay, ()
    now = datetime.now(UTC)
    removal = remove_all(service.catalog, Table.RECORDINGS, wanted, service.settings, now)
    with service.database.write() as connection:
        for row in removal.rows:
            project_row(connection, Table.RECORDINGS, row)
    unknown = set(wanted) - {row["sid"] for row in removal.rows}
    return stay | dict.fromkeys(unknown, Stays.NOT_RECORDED), removal.problems
