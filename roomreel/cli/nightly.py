"""`roomreel nightly`: compose what is due, as a flow of Prefect or within this process."""

from __future__ import annotations

import signal
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from roomreel.cli import console, rows
from roomreel.cli.options import Config, Json, Room, Since, Until

if TYPE_CHECKING:
    from roomreel.batch.report import BatchReport

COLUMNS = ("state", "room", "template", "code", "message", "media")


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """The rooms and templates that a run considers; the parameters of the flow."""

    since: datetime | None = None
    until: datetime | None = None
    room: str | None = None
    template: str | None = None
    force: bool = False
    dry_run: bool = False


def nightly(  # noqa: PLR0913, PLR0917  an option a parameter
    since: Since = None,
    until: Until = None,
    room: Room = None,
    template: Annotated[
        str | None, typer.Option("--template", help="Only the template of this name.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Compose again what is made, or failed permanently.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what is due, and change nothing.")
    ] = False,
    no_prefect: Annotated[
        bool, typer.Option("--no-prefect", help="Compose in this process, without a server.")
    ] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Compose every room of the last days by every enabled template, once."""
    options = BatchOptions(since, until, room, template, force, dry_run)
    report, exit_code = (run_in_process if no_prefect else run)(options, config)
    print_report(report, as_json=as_json)
    raise typer.Exit(exit_code)


def run(options: BatchOptions, config: Path | None) -> tuple[BatchReport, int]:
    """Run the flow.

    Returns:
        The report, and 0, or an exit code where something failed that had not failed before.

    Raises:
        RoomreelError: nothing could be composed at all (settings, folders, server).
    """
    from roomreel.cli.configuration import read
    from roomreel.encryption import check_keys
    from roomreel.errors import BatchFailed
    from roomreel.flows.orchestration.runtime import orchestrator

    reading = read(config)
    check_keys(reading.settings)  # before the half minute that a server takes to start
    with orchestrator(reading.settings):
        # Imports Prefect, which reads the environment that the orchestrator has just set.
        from roomreel.flows.nightly import nightly as flow

        try:
            return flow(**asdict(options), config=reading.handed_on), 0
        except BatchFailed as failure:
            return failure.report, failure.exit_code


def run_in_process(options: BatchOptions, config: Path | None) -> tuple[BatchReport, int]:
    """Run without Prefect, stopped in order by SIGINT and SIGTERM; as `run`.

    Raises:
        RoomreelError: nothing could be composed at all (settings, folders).
    """
    from roomreel.api.batches import compose_batch
    from roomreel.cli.configuration import load
    from roomreel.cli.screen import lines_on_screen
    from roomreel.errors import BatchFailed

    settings = load(config)
    signal.signal(signal.SIGTERM, _interrupt)
    with lines_on_screen():
        report = compose_batch(**asdict(options), settings=settings)
    is_failed = report.is_failed and not report.dry_run
    return report, BatchFailed.exit_code if is_failed else 0


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def print_report(report: BatchReport, *, as_json: bool) -> None:
    """Print a line for each composition, and why one failed."""
    if as_json:
        console.out_json({**asdict(report), "headline": report.headline})
        return
    if report.lines:
        rows.print_rows([asdict(line) for line in report.lines], COLUMNS, rows.Form.TABLE)
    console.out_literal(report.headline)
    for line in report.failures:
        console.say(f"failed: {line}", "red")
