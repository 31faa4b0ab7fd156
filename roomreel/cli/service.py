"""`roomreel service ...`: maintenance of the service database."""

from __future__ import annotations

import typer

from roomreel.cli import console
from roomreel.cli.options import Config
from roomreel.errors import CatalogError
from roomreel.text import counted


def reindex(config: Config = None) -> None:
    """Copy catalogs and manifests into the service database again; `serve` may be running."""
    from roomreel.catalog.catalog import open_catalog
    from roomreel.cli.configuration import load
    from roomreel.service.database.connections import open_database
    from roomreel.service.projection.projection import begin_again, refresh
    from roomreel.service.requests.settle import settle_found
    from roomreel.service.rooms.manifests import look

    settings = load(config)
    database = open_database(settings)
    begin_again(database)
    # What it copies no other refresh sees as new.
    done = refresh(database, open_catalog(settings), settle=settle_found)
    looked = look(database, settings)
    console.out(
        f"{counted(done.written, 'row')} of the catalogs copied,"
        f" {counted(looked.read, 'manifest')} read"
    )
    for url, problem in looked.problems.items():
        console.out_literal(f"{url}: {problem}")
    for failed in done.problems:
        console.report(failed)
    if done.problems:
        raise typer.Exit(CatalogError.exit_code)
