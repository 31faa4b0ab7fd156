"""`roomreel catalog ...`, and the catalogs as the reading verbs open them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from roomreel.cli import console
from roomreel.cli.options import Config, Json
from roomreel.errors import CatalogError, NotFound, RoomreelError
from roomreel.text import counted

if TYPE_CHECKING:
    from roomreel.catalog.catalog import Catalog
    from roomreel.catalog.store import Recovery
    from roomreel.settings import Settings


def recover(config: Config = None) -> None:
    """Finish commits that were killed half-way, and remove what they half wrote."""
    from roomreel.catalog.catalog import open_catalog
    from roomreel.cli.configuration import load

    print_recovery(open_catalog(load(config)).recover())


def check(as_json: Json = False, config: Config = None) -> None:
    """Check that catalogs and media are intact; exit code 6 if something is not."""
    from roomreel.cli.configuration import load
    from roomreel.maintenance.check import check as look

    settings = load(config)
    findings = look(recover_catalogs(settings), settings, datetime.now(UTC))
    if as_json:
        console.out_json([asdict(finding) for finding in findings])
    for finding in () if as_json else findings:
        console.out_literal(str(finding))
    console.say(counted(len(findings), "finding") if findings else "no problems found")
    if findings:
        raise typer.Exit(CatalogError.exit_code)


def rebuild(config: Config = None) -> None:
    """Put the catalogs together again from the journal and from the media in the store."""
    from roomreel.catalog.catalog import open_catalog
    from roomreel.cli.configuration import load
    from roomreel.maintenance.rebuild import rebuild as build

    settings = load(config)
    built = build(open_catalog(settings), settings, datetime.now(UTC))
    for copy in built.set_aside:
        console.out_literal(f"could not be read, and is kept as {copy}")
    console.out(
        f"journal entries merged: {built.entries}; rows of compositions made from their media:"
        f" {built.rows}"
    )
    console.say("Lost with a row: why others failed, what was deleted, recordings used, warnings.")
    console.say("Rooms and recordings come from their manifests: roomreel nightly --since DATE")


def move(config: Config = None) -> None:
    """Have rows name the media that are in the store now: it was moved here with its catalogs."""
    from roomreel.cli.configuration import load
    from roomreel.maintenance.moved import move as name_media

    settings = load(config)
    moved = name_media(open_catalogs(settings), settings, datetime.now(UTC))
    for place in moved.others:
        console.out_literal(f"not what its row says, by size or digest: {place}")
    console.out(f"{moved.rows} rows name media in {settings.compositions_root.absolute()} now")
    if moved.others:
        raise typer.Exit(CatalogError.exit_code)


def upgrade(config: Config = None) -> None:
    """Rewrite the files of the catalogs that another version wrote."""
    from roomreel.cli.configuration import load

    count, problems = recover_catalogs(load(config)).upgrade(whole=True)
    console.out(f"{counted(count, 'file')} written again")
    _report(problems)


def open_catalogs(settings: Settings) -> Catalog:
    """Return the catalogs to read, recovered.

    Raises:
        NotFound: nothing was ever written to them.
    """
    from roomreel.model.table import Table

    catalog = recover_catalogs(settings)
    if not any(catalog.reader.days(table) for table in Table):
        raise NotFound(
            f"there are no catalogs in {settings.catalog_root}",
            "roomreel nightly writes them; is `store` the right one, or --config?",
        )
    return catalog


def recover_catalogs(settings: Settings) -> Catalog:
    """Recover the catalogs and return them; report a partition that fails, and read it as it is."""
    from roomreel.catalog.catalog import open_catalog

    catalog = open_catalog(settings)
    for problem in catalog.recover().problems:
        console.say(f"not recovered: {problem.message}", "yellow")
    return catalog


def print_recovery(recovery: Recovery) -> None:
    """Print what was repaired; fail if something could not be."""
    console.out(
        f"journal entries merged: {recovery.entries} (partitions: {recovery.partitions});"
        f" half-written files removed: {recovery.files}"
    )
    _report(recovery.problems)


def _report(problems: Sequence[RoomreelError]) -> None:
    for problem in problems:
        console.report(problem)
    if problems:
        raise typer.Exit(CatalogError.exit_code)
