"""Hooks at work: what each of them asks for when a room has completed.

A room stays due until all hooks were applied to it, in one transaction with what they ask for. The
compositions are those that a night would make, by sid: who is second finds it done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from roomreel.compose.rules import with_posted_rules
from roomreel.errors import CompositionRefused, NotFound, RoomreelError, StorageFailed
from roomreel.logs import LOG
from roomreel.model.callback import Callback, callback_to
from roomreel.model.composition import composition_sid
from roomreel.model.location import without_secrets
from roomreel.model.room import Manifest, Room
from roomreel.model.table import Row, Table, composition_days
from roomreel.plan.refuse import refuse_empty, refuse_unready
from roomreel.plan.select import selected_recordings
from roomreel.service.callbacks.events import Event, add_event
from roomreel.service.hooks.hook_files import Hook, HooksRead
from roomreel.service.hooks.sights import note_sights
from roomreel.service.requests.requests import HOOK_PRIORITY, Request, Status, enqueue
from roomreel.service.rooms.completed_rooms import CompletedRoom, find_due, is_completed, set_due
from roomreel.service.rooms.manifests import find_manifest
from roomreel.service.service import Service

ENQUEUED = "composition-enqueued"
FAILED = "composition-hook-failed"
HOOKS = "/v1/CompositionHooks"

_AT_ONCE = 50
LATER = timedelta(seconds=60)
# What cannot be read for so long is no outage.
_GIVEN_UP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A composition that a hook asks for.

    Attributes:
        sid: what it is, or would be.
        error: why there will be none; None where there will.
    """

    hook: Hook
    sid: str
    error: RoomreelError | None = None

    @property
    def callback(self) -> Callback | None:
        """Receiver of what becomes of it."""
        template = self.hook.ready.template
        return callback_to(template.status_callback, template.status_callback_method)


def apply_due(service: Service, now: datetime) -> int:
    """Apply hooks to the rooms that have become completed; return of how many rooms.

    One that cannot be looked at now is due again in a minute.

    Raises:
        StorageFailed: the folders of hooks cannot be read.
        ServiceDatabaseFailed: the database does not answer.
    """
    with service.database.read() as connection:
        due = find_due(connection, now, _AT_ONCE)
    if not due:
        return 0
    read = service.hooks.read()
    for url, problem in read.problems.items():
        LOG.warning("Hook %s composes nothing: %s", without_secrets(url), problem)
    first_seen = note_sights(service.database, read.hooks)
    for room in due:
        _apply_to(room, read, first_seen, service, now)
    service.wake()
    return len(due)


def see_hooks(service: Service) -> None:
    """Note hooks that were not seen before, before there are rooms for them.

    Raises:
        StorageFailed: the folders of hooks cannot be read.
        ServiceDatabaseFailed: the database does not answer.
    """
    note_sights(service.database, service.hooks.read().hooks)


def asked_of(
    hooks: Sequence[Hook], room: Room, end: datetime, first_seen: Mapping[str, datetime]
) -> list[Asked]:
    """Return what hooks ask for when a room has completed: of those it did not end before.

    Args:
        room: with the recording rules that are in force.
        end: when it ended, as it was recorded first.
        first_seen: of hooks without dates, by sid.
    """
    return [
        Asked(hook, _sid_of(hook, room, end), hook.problem or _refusal(hook, room))
        for hook in hooks
        if hook.is_enabled
        and hook.ready.applies_to(room)
        and end > (hook.ready.template.changed_at or first_seen[hook.sid])
    ]


def apply_hooks(
    connection: Connection, room: Room, asked: Sequence[Asked], now: datetime, most: int
) -> None:
    """Enqueue what hooks ask for, and write down the events of that; safe to repeat.

    Args:
        most: how many requests may wait at a time.

    Raises:
        TooManyRequests: as many wait.
    """
    for one in asked:
        if one.error is not None:
            said = {"FailedOperation": one.error.code, "ErrorMessage": one.error.message}
            add_event(connection, _event(FAILED, one, room, now, said), 0)
        elif enqueue(connection, _request(one, room, now), most):
            add_event(connection, _event(ENQUEUED, one, room, now, {}), 0)


def _apply_to(
    due: CompletedRoom,
    read: HooksRead,
    first_seen: Mapping[str, datetime],
    service: Service,
    now: datetime,
) -> None:
    try:
        manifest = _find(due, service)
        end, made = _recorded(manifest, read.hooks, service)
        wanted = asked_of(read.hooks, manifest.room, end, first_seen)
        asked = [one for one in wanted if one.sid not in made]
        again = now + LATER if _is_unsure(read) and now - due.date < _GIVEN_UP else None
        with service.database.write() as connection:
            most = service.settings.waiting_limit
            apply_hooks(connection, manifest.room, asked, now, most)
            set_due(connection, due.sid, again)
    except RoomreelError as error:
        LOG.warning("No hook is applied to room %s now: %s", due.sid, error)
        gone = isinstance(error, NotFound) and now - due.date >= _GIVEN_UP
        with service.database.write() as connection:
            set_due(connection, due.sid, None if gone else now + LATER)


def _find(due: CompletedRoom, service: Service) -> Manifest:
    """Return the manifest of a room, as it is now.

    Raises:
        NotFound: there is none.
        DocumentInvalid, StorageFailed: it cannot be read.
    """
    manifest = find_manifest(service.database, service.settings, due.sid)
    if manifest is None or not is_completed(manifest.room):
        raise NotFound(f"no manifest says any more that room {due.sid} has completed")
    return with_posted_rules(manifest, service.settings)


def _recorded(
    manifest: Manifest, hooks: Sequence[Hook], service: Service
) -> tuple[datetime, Mapping[str, Row]]:
    """Return when a room ended, and rows of what was made of it already, by sid."""
    room, catalog = manifest.room, service.catalog
    rooms = catalog.find(Table.ROOMS, [room.sid])
    # The first end that was recorded stays, as in a night.
    end = rooms[room.sid]["end_time"] if rooms else room.end_time
    if end is None:
        raise NotFound(f"room {room.sid} has no end_time")
    sids = [_sid_of(hook, room, end) for hook in hooks]
    days = composition_days(sids)
    return end, catalog.find(Table.COMPOSITIONS, sids, days) if sids else {}


def _is_unsure(read: HooksRead) -> bool:
    """Return whether there may be hooks that cannot be read at the moment."""
    return any(isinstance(problem, StorageFailed) for problem in read.problems.values())


def _refusal(hook: Hook, room: Room) -> RoomreelError | None:
    chosen = selected_recordings(room, hook.ready.template)
    try:
        refuse_unready(room, chosen)
        refuse_empty(room, hook.ready.template, chosen)
    except CompositionRefused as error:
        return error
    return None


def _sid_of(hook: Hook, room: Room, end: datetime) -> str:
    return composition_sid(room.sid, end, hook.ready.name, hook.ready.sha256)


def _request(asked: Asked, room: Room, now: datetime) -> Request:
    return Request(
        sid=asked.sid,
        room_sid=room.sid,
        room_name=room.unique_name,
        status=Status.ENQUEUED,
        template=orjson.loads(asked.hook.ready.json),
        template_name=asked.hook.ready.name,
        date_created=now,
        priority=HOOK_PRIORITY,
        hook_sid=asked.hook.sid,
    )


def _event(name: str, asked: Asked, room: Room, now: datetime, said: Mapping[str, Any]) -> Event:
    hook = {
        "HookSid": asked.hook.sid,
        "HookUri": f"{HOOKS}/{asked.hook.sid}",
        "HookFriendlyName": asked.hook.ready.name,
    }
    return Event(asked.sid, room.sid, name, now, hook | {**said}, asked.callback)
