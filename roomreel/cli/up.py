"""`roomreel up`: a server, what it has to hold, and workers, as long as it runs."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from roomreel.cli import site
from roomreel.cli.options import Config, Json


def up(  # noqa: PLR0913, PLR0917  an option a parameter
    database: site.DatabaseUrl = None,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the server, unless PREFECT_API_URL.")
    ] = 4200,
    encodes: site.Encodes = None,
    runs: site.MostRuns = None,
    webhook: site.WebhookUrl = None,
    check: site.CheckOnly = False,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Run `nightly` on this machine by schedule: a server, its deployments and workers."""
    from roomreel.cli.configuration import read
    from roomreel.flows.site.processes import processes

    reading = read(config)
    options = site.options_of(database, port, encodes, runs, webhook)
    os.environ.update(site.environment(reading, options))
    if check:
        site.check_site(reading, options, as_json=as_json)
    site.prepare_to_stay()
    with processes(reading.settings.prefect_root) as started:
        site.bring_up(options, started)
        if started.running:
            started.wait()
