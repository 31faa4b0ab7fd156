"""Remove what is due for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from roomreel.batch.edge import attempt
from roomreel.catalog.catalog import open_catalog
from roomreel.errors import RoomreelError
from roomreel.maintenance.retention import RetentionReport
from roomreel.maintenance.retention import retain as run
from roomreel.service.database.connections import find_database
from roomreel.service.purge import forget_purged
from roomreel.settings import Settings
from roomreel.tasks.machine import machine_of

WHAT = "sids forgotten by the service database"


@task(task_run_name="remove what is due", persist_result=False, cache_policy=NO_CACHE)
def retain(settings: Settings, now: datetime, dry_run: bool) -> RetentionReport:
    """Delete, purge and sweep; what fails is among the report's problems."""
    report = attempt(run, settings, now, dry_run=dry_run, machine=machine_of(settings))
    if isinstance(report, RoomreelError):
        report = RetentionReport({}, (report,), dry_run)
    return report if dry_run else _with_service(report, attempt(_forget, settings))


def _forget(settings: Settings) -> int | None:
    """Remove what was purged from the service database; return how much, None where is none."""
    database = find_database(settings)
    if database is None:
        return None
    try:
        return forget_purged(database, open_catalog(settings))
    finally:
        database.close()


def _with_service(
    report: RetentionReport, forgotten: int | RoomreelError | None
) -> RetentionReport:
    if isinstance(forgotten, RoomreelError):
        return replace(report, problems=(*report.problems, forgotten))
    return (
        report if forgotten is None else replace(report, counts={**report.counts, WHAT: forgotten})
    )
