"""The nights of a range of days, at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from prefect import flow

from roomreel.batch.report import BatchReport
from roomreel.batch.selection import RunFilter
from roomreel.flows.composing import ended
from roomreel.flows.nightly import compose_night
from roomreel.flows.orchestration.parameters import (
    Config,
    DryRun,
    FirstDay,
    Force,
    LastDay,
    TemplateName,
)
from roomreel.flows.orchestration.related_runs import related_runs
from roomreel.flows.orchestration.run_names import of_days
from roomreel.flows.orchestration.settings import load


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
        What became of them.

    Raises:
        BatchFailed: something failed anew; everything else is done, and `report` tells of both.
        RoomreelError: there is nothing to speak of (the range, settings, folders).
    """

    def nights() -> BatchReport:
        choice = RunFilter(
            since=_midnight(first_day),
            until=_midnight(last_day) + timedelta(days=1),
            template=template,
            force=force,
            dry_run=dry_run,
            runs=related_runs(),
        )
        return compose_night(choice, load(config), datetime.now(UTC))

    return ended(nights)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
