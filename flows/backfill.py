"""The backfill flow: compose the rooms of a range of days at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from prefect import flow

from roomreel.batch.report import BatchReport
from roomreel.batch.selection import RunFilter
from roomreel.batch.steps import Batch
from roomreel.flows.nightly import compose_batch
from roomreel.flows.orchestration.executor import PrefectRun
from roomreel.flows.orchestration.parameters import (
    Config,
    DryRun,
    FirstDay,
    Force,
    LastDay,
    TemplateName,
)
from roomreel.flows.orchestration.related_runs import related_runs
from roomreel.flows.orchestration.run_end import end_run
from roomreel.flows.orchestration.run_names import of_days
from roomreel.flows.orchestration.settings import load_to_compose


@flow(name="backfill", flow_run_name=of_days)
def backfill(
    first_day: FirstDay,
    last_day: LastDay,
    template: TemplateName = None,
    force: Force = False,
    dry_run: DryRun = False,
    config: Config = None,
) -> BatchReport:
    """Compose every room that ended in a range of days, by every enabled template, once.

    Returns:
        A line for each composition, and for each document that cannot be used.

    Raises:
        BatchFailed: something failed that had not failed before; everything else is done, and
            `report` has both.
        RoomreelError: nothing could be composed at all (the range, settings, folders).
    """

    def compose() -> BatchReport:
        settings = load_to_compose(config)
        wanted = RunFilter(
            since=_midnight(first_day),
            until=_midnight(last_day) + timedelta(days=1),
            template=template,
            force=force,
            dry_run=dry_run,
            runs=related_runs(),
        )
        return compose_batch(Batch(wanted, settings, PrefectRun(settings)))

    return end_run(compose)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
