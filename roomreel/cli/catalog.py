"""`roomreel catalog recover`, and the catalogs as the reading verbs open them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from roomreel.cli import console
from roomreel.cli.options import Config
from roomreel.errors import CatalogError

if TYPE_CHECKING:
    from roomreel.catalog.catalog import Catalog
    from roomreel.catalog.store import Recovery
    from roomreel.settings import Settings


def recover(config: Config = None) -> None:
    """Finish commits that were killed half-way, and remove what they half wrote."""
    from roomreel.settings import load

    print_recovery(attached(load(config)).recover())


def opened(settings: Settings) -> Catalog:
    """The catalogs, recovered; a partition that cannot be is told of and read as it is."""
    catalog = attached(settings)
    for problem in catalog.recover().problems:
        console.say(f"not recovered: {problem.message}", "yellow")
    return catalog


def attached(settings: Settings) -> Catalog:
    """The catalogs as they are."""
    from roomreel.catalog.catalog import Catalog

    return Catalog.open(settings.catalog_root, settings.journal_root)


def print_recovery(recovery: Recovery) -> None:
    """Print what was mended; fail if something could not be."""
    console.out(
        f"merged {recovery.entries} journal entries of {recovery.partitions} partitions,"
        f" removed {recovery.files} half-written files"
    )
    for problem in recovery.problems:
        console.report(problem)
    if recovery.problems:
        raise typer.Exit(CatalogError.exit_code)
