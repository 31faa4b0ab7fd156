"""The retention flow: delete, purge and sweep what is due, once a night."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.logging import get_run_logger
from prefect.states import Failed

from roomreel.errors import RoomreelError
from roomreel.flows.orchestration.run_names import of_the_day
from roomreel.flows.orchestration.settings import load
from roomreel.flows.orchestration.summary import literal
from roomreel.maintenance.retention import RetentionReport
from roomreel.tasks.retain import retain


@flow(name="retention", flow_run_name=of_the_day)
def retention(dry_run: bool = False, config: str | None = None) -> RetentionReport:
    """Remove what is old enough, what no row refers to, and what was left half-done.

    Args:
        dry_run: list what would be removed, and change nothing.
        config: settings file; unset: as everywhere.

    Returns:
        What was removed.

    Raises:
        RoomreelError: a step failed, the first one's error; the others are done.
    """
    try:
        report = retain(load(config), datetime.now(UTC), dry_run)
    except RoomreelError as error:
        return _ended_failed(error, str(error))
    publish(report)
    get_run_logger().info(report.headline)
    if report.problems:
        return _ended_failed(report.problems[0], report.headline)
    return report


def publish(report: RetentionReport) -> None:
    """Leave the counts and what failed with the flow run."""
    problems = [f"* {literal(str(problem))}" for problem in report.problems]
    failed = ["", "Failed:", "", *problems] if problems else []
    text = "\n".join([f"**{literal(report.headline)}**", *failed])
    table = [{"what": what, "count": count} for what, count in report.counts.items()]
    create_table_artifact(table, key="retention", description=text)
    create_markdown_artifact(text, key="retention-summary")


def _ended_failed(error: RoomreelError, message: str) -> RetentionReport:
    # As in the nightly flow: raised in here it would leave a traceback in the log of the run.
    return cast("RetentionReport", Failed(message=message, data=error))
