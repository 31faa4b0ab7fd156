"""`roomreel retention`: removal of what is due, as a Prefect flow, with or without a server."""

from __future__ import annotations

from typing import Annotated

import typer

from roomreel.cli import console
from roomreel.cli.options import Config, Json


def retention(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would be removed, and change nothing.")
    ] = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Purge rows deleted long ago; remove media without a row and what was left half-done."""
    from roomreel.cli.configuration import read
    from roomreel.flows.orchestration.runtime import orchestrator

    reading = read(config)
    with orchestrator(reading.settings, compact=not dry_run):
        # Imports Prefect, which reads the environment that the orchestrator has just set.
        from roomreel.flows.retention import retention as flow

        report = flow(dry_run, reading.handed_on)
    if as_json:
        console.out_json({"dry_run": report.dry_run, "counts": dict(report.counts)})
    else:
        console.out_literal(report.headline)
