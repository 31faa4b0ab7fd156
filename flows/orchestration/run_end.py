"""The end of a flow run that composes: its state, its artifacts, its tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from prefect.logging import get_run_logger
from prefect.states import Completed, Failed

from roomreel.batch.report import BatchReport
from roomreel.errors import BatchFailed, RoomreelError
from roomreel.flows.orchestration.summary import publish
from roomreel.flows.orchestration.tags import tag_with_codes
from roomreel.text import counted


def end_run(compose: Callable[[], BatchReport]) -> BatchReport:
    """Compose, report it in artifacts and log, and end the flow Failed where something failed."""
    try:
        report = compose()
    except RoomreelError as error:
        tag_with_codes({error.code})
        return _end_failed(error, str(error))
    publish(report)
    reported = () if report.dry_run else (*report.failures, *report.known)
    tag_with_codes({line.code for line in reported})
    get_run_logger().info(report.headline)
    if report.is_failed and not report.dry_run:
        return _end_failed(BatchFailed(report.failure_table, "", report), report.failure_table)
    if count := len(report.known):
        message = f"Completed with {counted(count, 'known failure')}"
        return cast("BatchReport", Completed(message=message, data=report))
    return report


def _end_failed(error: RoomreelError, message: str) -> BatchReport:
    # Prefect raises the data of a returned Failed state to the caller of the flow. Raised in
    # here, the same error would put the wall of its traceback into the log of the run.
    return cast("BatchReport", Failed(message=message, data=error))
