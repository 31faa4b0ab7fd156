"""Remove what is due for it."""

from __future__ import annotations

from datetime import datetime

from prefect import task
from prefect.cache_policies import NO_CACHE

from roomreel.batch.edge import attempt
from roomreel.errors import RoomreelError
from roomreel.maintenance.retention import RetentionReport
from roomreel.maintenance.retention import retain as run
from roomreel.settings import Settings
from roomreel.tasks.machine import machine_of


@task(task_run_name="remove what is due", persist_result=False, cache_policy=NO_CACHE)
def retain(settings: Settings, now: datetime, dry_run: bool) -> RetentionReport:
    """Delete, purge and sweep; what fails is among the report's problems."""
    report = attempt(run, settings, now, dry_run=dry_run, machine=machine_of(settings))
    if isinstance(report, RoomreelError):
        return RetentionReport({}, (report,), dry_run)
    return report
