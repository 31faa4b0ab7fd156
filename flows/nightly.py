"""The nightly flow: read the rooms, plan what is due, mix it, record what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from prefect import flow
from prefect.logging import get_run_logger
from prefect.states import Failed
from prefect.task_runners import ThreadPoolTaskRunner

from flows.mixing import Mixing
from flows.summary import publish
from roomreel.encryption import check_keys
from roomreel.errors import DocumentInvalid, RoomreelError
from roomreel.inputs import source_cache
from roomreel.model.room import Manifest
from roomreel.night import known
from roomreel.night.choice import Choice, distinct, in_order, in_utc, since_when
from roomreel.night.planning import Planner, RoomPlan, due_line
from roomreel.night.report import (
    Line,
    NightFailed,
    NightReport,
    failed_line,
    outcome_line,
)
from roomreel.settings import Settings, load
from roomreel.storage import discover, reap, reap_parts, reap_temps
from tasks.ingest import ingest
from tasks.plan import open_catalog, plan
from tasks.validate import validate

T = TypeVar("T")

DOCUMENTS_A_BATCH = 500
# Copies of recordings are for templates and retries of one night, or of the next.
UNUSED_S = 2 * 24 * 3600.0
# The packet index of an hour of video takes some 3 MB, and a room may have dozens of tracks.
ROOMS_A_BATCH = 10
# Enough that no worker waits while the next batch is planned.
UNDER_WAY_PER_WORKER = 2


@flow(name="nightly")
def nightly(
    since: datetime | None = None,
    until: datetime | None = None,
    room: str | None = None,
    template: str | None = None,
    force: bool = False,
    dry_run: bool = False,
    config: str | None = None,
) -> NightReport:
    """Compose every room of the window by every enabled template, once.

    Args:
        since: rooms that ended at this instant or later; unset: within the window of the settings.
            A time without a zone is UTC.
        until: rooms that ended before it.
        room: only the room of this sid or unique name.
        template: only the template of this name.
        force: make again what is made, or failed for good; never what is deleted.
        dry_run: tell what is due, and change nothing.
        config: settings file; unset: as everywhere.

    Returns:
        What became of the night.

    Raises:
        NightFailed: something failed anew; everything else is done, and `report` tells of both.
        RoomreelError: there is no night to speak of (settings, folders).
    """
    try:
        settings = load(config)
        now = datetime.now(UTC)
        choice = Choice(
            since=since_when(since, now, settings.window_days),
            until=until and in_utc(until),
            room=room,
            template=template,
            force=force,
            dry_run=dry_run,
        )
        report = compose_night(choice, settings, now)
    except RoomreelError as error:
        return _ended_failed(error, str(error))
    publish(report)
    get_run_logger().info(report.headline)
    if report.failures and not dry_run:
        return _ended_failed(NightFailed(report.failure_table, "", report), report.failure_table)
    return report


def compose_night(choice: Choice, settings: Settings, now: datetime) -> NightReport:
    """The night itself, inside a flow run.

    Raises:
        StorageFailed: a folder of the settings cannot be read or cleared.
        SettingsInvalid: a key of the settings cannot be used.
    """
    check_keys(settings)
    if not choice.dry_run:
        catalog = open_catalog(settings)
        catalog.recover()
        # Files of one table are of one schema, or other readers stumble. What cannot be written
        # anew fails again where it is needed.
        catalog.upgrade()
        reap(settings.scratch_root)
        source_cache(settings).sweep(UNUSED_S)
        reap_parts(settings.parts_root)
        reap_temps(settings.compositions_root)
    validated = validate(discover(settings.templates), _template_names(choice, settings))
    manifests, unread = _ingested(discover(settings.manifests))
    problems = _told_anew([*validated.problems, *unread], choice, settings)
    planner = Planner(validated.templates, choice, settings, now)
    considered = [m for m in in_order(manifests) if choice.includes(m.room)]
    run = _decided if choice.dry_run else _composed
    lines, up_to_date = run(_planned(considered, planner), settings, choice)
    return NightReport((*problems, *lines), up_to_date, choice.dry_run)


def _template_names(choice: Choice, settings: Settings) -> frozenset[str] | None:
    if choice.template is not None:
        return frozenset({choice.template})
    return None if settings.template_names is None else frozenset(settings.template_names)


def _ingested(urls: Sequence[str]) -> tuple[list[Manifest], list[Line]]:
    manifests: list[Manifest] = []
    problems: list[Line] = []
    for batch in _batches(urls, DOCUMENTS_A_BATCH):
        read = ingest(batch)
        manifests += read.manifests
        problems += read.problems
    rooms, repeated = distinct(manifests)
    for manifest, first in repeated:
        error = DocumentInvalid(
            f"room {manifest.room.sid} is told of by {first} already", "remove one of them"
        )
        problems.append(failed_line(error, manifest.url))
    return rooms, problems


def _told_anew(problems: Sequence[Line], choice: Choice, settings: Settings) -> list[Line]:
    """The problems of documents, those an earlier night told of set apart; remembers them."""
    file = settings.store / "known.json"
    before = known.recall(file)
    if not choice.dry_run:
        # A run that left out templates by name says nothing of the others.
        kept = before if choice.template else frozenset()
        known.remember(file, kept | known.digests(problems), settings.scratch_root)
    return known.settled(problems, before)


def _planned(manifests: Sequence[Manifest], planner: Planner) -> Iterator[RoomPlan]:
    for batch in _batches(manifests, ROOMS_A_BATCH):
        yield from plan(batch, planner)


def _composed(
    rooms: Iterator[RoomPlan], settings: Settings, choice: Choice
) -> tuple[list[Line], int]:
    """Mix what is due while the rooms after it are planned, and record it."""
    up_to_date = 0
    runner: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=settings.workers)
    with runner as pool:
        mixing = Mixing(pool, settings, choice.force)
        try:
            for room in rooms:
                mixing.add(room)
                up_to_date += room.up_to_date
                mixing.wait(UNDER_WAY_PER_WORKER * settings.workers)
            mixing.wait()
        finally:
            # An interrupt ends the night here; what ended before it is worth keeping.
            mixing.record()
    return mixing.lines, up_to_date


def _decided(
    rooms: Iterator[RoomPlan], _settings: Settings, _choice: Choice
) -> tuple[list[Line], int]:
    """What a run would do, as lines."""
    lines: list[Line] = []
    up_to_date = 0
    for room in rooms:
        lines += [*room.lines, *map(outcome_line, room.refused), *map(due_line, room.work)]
        up_to_date += room.up_to_date
    return lines, up_to_date


def _batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    return (list(items[start : start + size]) for start in range(0, len(items), size))


def _ended_failed(error: RoomreelError, message: str) -> NightReport:
    # Prefect raises the data of a returned Failed state to whoever called the flow. Raised in
    # here, the same error would put the wall of its traceback into the log of the run.
    return cast("NightReport", Failed(message=message, data=error))
