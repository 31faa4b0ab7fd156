"""Compose requests: the batch of a run that the service started."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import orjson

from roomreel.batch.edge import attempt
from roomreel.batch.planning import RoomPlan, plan_jobs
from roomreel.batch.report import BatchReport, Line, State
from roomreel.batch.steps import Batch, BatchPlan, compose_planned
from roomreel.catalog.catalog import open_catalog
from roomreel.compose.inputs import inputs_of
from roomreel.compose.media import stat_media
from roomreel.compose.rules import with_posted_rules
from roomreel.documents.identity import inputs_sha256
from roomreel.documents.template import canonical_template, parse_template, template_sha256
from roomreel.errors import NotFound, RoomNotCompleted, RoomreelError
from roomreel.model.composition import CompositionStatus, Job
from roomreel.model.room import Manifest
from roomreel.model.table import Row, Table, composition_day, composition_days
from roomreel.plan.refuse import refuse_unready
from roomreel.service.database.connections import Database
from roomreel.service.database.renewing import renewing
from roomreel.service.requests.requests import Request, begin, put_back, renew, take_requests
from roomreel.service.requests.settle import settle
from roomreel.service.rooms.manifests import find_manifest
from roomreel.settings import Settings

LATER = timedelta(seconds=60)
"""Until a room is looked at again that cannot be composed now."""


def compose_requests(
    sids: Sequence[str], ticket: str, database: Database, batch: Batch, *, again: bool = False
) -> BatchReport:
    """Compose requests as a batch: plan each room, render what is due, record it.

    What is not to be composed any more (deleted, or given to another run meanwhile) is left alone.

    Args:
        ticket: by which the requests know the run.
        again: also those that failed in this run.

    Returns:
        A line for each composition.

    Raises:
        RoomreelError: nothing could be composed at all; the requests are in the queue again.
    """
    requests = take_requests(database, ticket, sids, again=again)
    with renewing(lambda: renew(database, ticket), "The requests of this run are"):
        try:
            later: list[Line] = []
            rooms = _plan_rooms(requests, ticket, database, batch, later)
            return compose_planned(BatchPlan(rooms, ()), batch).after(later)
        finally:
            with database.write() as connection:
                put_back(connection, [request.sid for request in requests], ticket)


def _plan_rooms(
    requests: Sequence[Request], ticket: str, database: Database, batch: Batch, later: list[Line]
) -> Iterator[RoomPlan]:
    """Yield the rooms of requests one after the other, each planned when its turn has come.

    Args:
        later: gets a line for each room that cannot be composed now.
    """
    days = {composition_day(request.sid) for request in requests}
    open_catalog(batch.settings).refuse_unrecordable(days)
    by_room: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        by_room[request.room_sid].append(request)
    for room_sid, of_room in by_room.items():
        sids = [request.sid for request in of_room]
        room = attempt(_find_room, room_sid, sids, database, batch.settings)
        if isinstance(room, RoomreelError):
            later.append(_leave_for_later(room, of_room, ticket, database))
            continue
        open_sids = _settle_made(of_room, room, database)
        begun = begin(database, open_sids, ticket, room.attempts)
        alive = [request for request in of_room if request.sid in begun]
        plan = attempt(_plan_room, room, alive, batch)
        if isinstance(plan, RoomreelError):
            later.append(_leave_for_later(plan, alive, ticket, database))
        else:
            yield plan


@dataclass(frozen=True, slots=True)
class _Room:
    """A room that can be composed.

    Attributes:
        rows: of its compositions, by sid, as the catalogs have them.
    """

    manifest: Manifest
    rows: Mapping[str, Row]

    @property
    def attempts(self) -> dict[str, int]:
        """By sid, how many outcomes of a composition there were."""
        return {sid: row["attempts"] for sid, row in self.rows.items()}


def _find_room(room_sid: str, sids: Sequence[str], database: Database, settings: Settings) -> _Room:
    """Return a room as it is now.

    Raises:
        NotFound: its manifest is not there any more.
        RoomNotCompleted: it is not over, or a recording is still processed.
    """
    manifest = find_manifest(database, settings, room_sid)
    if manifest is None:
        raise NotFound(f"no manifest describes room {room_sid}", "was it moved or removed?")
    refuse_unready(manifest.room, ())
    catalog = open_catalog(settings)
    rooms = catalog.find(Table.ROOMS, [room_sid])
    rows = catalog.find(Table.COMPOSITIONS, sids, composition_days(sids))
    # The first end that was recorded stays, as in a night.
    end = rooms[room_sid]["end_time"] if rooms else manifest.room.end_time
    if end is None:
        raise RoomNotCompleted(f"room {room_sid} has no end_time", "compose it once it is over")
    manifest = replace(manifest, room=replace(manifest.room, end_time=end))
    manifest = with_posted_rules(manifest, settings)
    return _Room(manifest, rows)


def _settle_made(requests: Sequence[Request], room: _Room, database: Database) -> list[str]:
    """End requests of what is made, or deleted, by now: a night may have been quicker than a hook.

    Returns:
        The sids of the others.
    """
    ends = {CompositionStatus.COMPLETED, CompositionStatus.DELETED}
    made = {
        request.sid: row
        for request in requests
        if request.is_open and (row := room.rows.get(request.sid)) and row["status"] in ends
    }
    if made:
        with database.write() as connection:
            settle(connection, made.values())
    return [request.sid for request in requests if request.sid not in made]


def _leave_for_later(
    error: RoomreelError, requests: Sequence[Request], ticket: str, database: Database
) -> Line:
    """Put the requests of a room back, not to be taken up at once; return what is reported."""
    sids = [request.sid for request in requests]
    with database.write() as connection:
        put_back(connection, sids, ticket, later=LATER)
    return Line(State.WAITING, requests[0].room_sid, code=error.code, message=error.message)


def _plan_room(room: _Room, requests: Sequence[Request], batch: Batch) -> RoomPlan:
    media = stat_media(room.manifest, batch.settings)
    digest = inputs_sha256(room.manifest, media)
    jobs = [_job(room, request, digest, batch.settings) for request in requests]
    return plan_jobs(room.manifest, jobs, media, batch.settings, datetime.now(UTC))


def _job(room: _Room, request: Request, inputs: str, settings: Settings) -> Job:
    template = parse_template(orjson.dumps(request.template), request.sid)
    digest = template_sha256(template)
    return Job(
        sid=request.sid,
        manifest=room.manifest,
        template=template,
        template_json=canonical_template(template),
        template_sha256=digest,
        inputs_sha256=inputs_of(inputs, room.manifest, template, settings),
        media={},
        date_created=request.date_created,
        attempts=room.attempts.get(request.sid, 0),
    )
