"""Events of compositions: who makes them does not matter, a request, a hook or the night."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, select

from roomreel.catalog.remake import failure_of_remake
from roomreel.compose.progress import Progress, percent
from roomreel.model.callback import Callback, callback_to
from roomreel.model.composition import CompositionStatus, Job
from roomreel.model.table import Row
from roomreel.service.callbacks.events import PROGRESS, Event, add_event
from roomreel.service.callbacks.messages import COMPOSITIONS
from roomreel.service.database.first_looks import CATALOGS, looked_at
from roomreel.service.database.tables import EVENTS, REQUESTS

AVAILABLE, FAILED = "composition-available", "composition-failed"

STEP = 10
"""Percent between two progress events."""


def callback_of(template: Mapping[str, Any]) -> Callback | None:
    """Return the receiver that a template names, as a document."""
    return callback_to(template.get("status_callback"), template.get("status_callback_method"))


def note_started(connection: Connection, jobs: Iterable[Job]) -> None:
    """Note that compositions are being made, once for each time that they are."""
    now = datetime.now(UTC)
    for job in jobs:
        callback = _receiver(job)
        if callback is not None:
            event = Event(
                job.sid, job.manifest.room.sid, "composition-started", now, callback=callback
            )
            add_event(connection, event, job.attempts + 1)


def note_progress(connection: Connection, jobs: Iterable[Job], progress: Progress) -> None:
    """Note how far compositions are that are made together, at each tenth."""
    step = step_of(progress)
    if not 0 < step < 100:
        return
    now = datetime.now(UTC)
    left = progress.elapsed_s * (progress.frames - progress.frames_done) / progress.frames_done
    data = {"PercentageDone": int(percent(progress)), "SecondsRemaining": math.ceil(left)}
    for job in jobs:
        callback = _receiver(job)
        if callback is not None and not _is_over(connection, job):
            event = Event(job.sid, job.manifest.room.sid, PROGRESS, now, data, callback, step)
            add_event(connection, event, job.attempts + 1)


def step_of(progress: Progress) -> int:
    """Return the tenths that are done, in percent."""
    return int(percent(progress)) // STEP * STEP


def outcome_event(row: Row, callback: Callback | None) -> Event | None:
    """Return the event that a row of a composition is; None where it is none."""
    match CompositionStatus(row["status"]):
        case CompositionStatus.COMPLETED:
            name, data = AVAILABLE, _made(row)
        case CompositionStatus.FAILED:
            code, message = failure_of_remake(row) or (row["failure_code"], row["failure_message"])
            name, data = FAILED, {"FailedOperation": code, "ErrorMessage": message}
        case _:
            return None
    return Event(row["sid"], row["room_sid"], name, outcome_date(row), data, callback)


def outcome_date(row: Row) -> datetime:
    """Return when the last attempt at a composition ended."""
    date: datetime = row["date_completed"] or row["updated_at"]
    return date


def tell_outcomes(connection: Connection, rows: Collection[Row], *, made_now: bool = False) -> None:
    """Note outcomes of compositions that nobody requested, where a template wants to be told.

    Args:
        made_now: whether they have just been recorded; else only those count that ended after the
            catalogs were looked at first: a new database takes what it finds as it is.
    """
    since = None if made_now else looked_at(connection, CATALOGS)
    told = [row for row in rows if made_now or (since and outcome_date(row) >= since)]
    with_receiver = {
        row["sid"]: (row, callback)
        for row in told
        if (callback := callback_of(orjson.loads(row["template_json"] or "{}")))
    }
    if not with_receiver:
        return
    of_requests = select(REQUESTS.c.sid).where(REQUESTS.c.sid.in_(with_receiver))
    requested = set(connection.execute(of_requests).scalars())
    for sid, (row, callback) in sorted(with_receiver.items()):
        event = None if sid in requested else outcome_event(row, callback)
        if event is not None:
            add_event(connection, event, row["attempts"])


def _is_over(connection: Connection, job: Job) -> bool:
    """Return whether an outcome is known: of a run that was given up, and lives all the same."""
    this = EVENTS.c.stream == job.sid, EVENTS.c.attempts == job.attempts + 1
    over = select(EVENTS.c.id).where(*this, EVENTS.c.name.in_([AVAILABLE, FAILED]))
    return connection.execute(over).first() is not None


def _receiver(job: Job) -> Callback | None:
    return callback_to(job.template.status_callback, job.template.status_callback_method)


def _made(row: Row) -> dict[str, Any]:
    made = {
        "MediaUri": f"{COMPOSITIONS}/{row['sid']}/Media",
        "Duration": round((row["duration_ms"] or 0) / 1000),
        "Size": row["size_bytes"],
    }
    external = row.get("media_external_location")
    return made | ({"MediaExternalLocation": external} if external else {})
