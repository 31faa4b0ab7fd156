"""`roomreel delete compositions|recordings`: by sid or by filter, asked for first."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console, rows
from roomreel.cli.options import Config, Room, Since, Until
from roomreel.errors import Cancelled, NotFound, StorageFailed
from roomreel.model.table import Deletable, Row, Table
from roomreel.text import counted

if TYPE_CHECKING:
    from roomreel.catalog.catalog import Catalog
    from roomreel.catalog.queries.listing import Filters
    from roomreel.maintenance.places import Machine
    from roomreel.settings import Settings


class Standing(StrEnum):
    """The status of a row that is not deleted yet."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


COLUMNS = {
    Table.COMPOSITIONS: ("sid", "room_name", "template", "status", "size_bytes", "media_url"),
    Table.RECORDINGS: ("sid", "room_name", "participant_identity", "status", "media_url"),
}


def delete(  # noqa: PLR0913, PLR0917  an option a parameter
    table: Annotated[
        Deletable, typer.Argument(metavar="TABLE", help="compositions or recordings.")
    ],
    sids: Annotated[
        list[str] | None, typer.Argument(metavar="SID", help="Those to delete; or use a filter.")
    ] = None,
    room: Room = None,
    since: Since = None,
    until: Until = None,
    status: Annotated[Standing | None, typer.Option("--status")] = None,
    template: Annotated[
        str | None, typer.Option("--template", help="Compositions of this template.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would go, and change nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Config = None,
) -> None:
    """Delete compositions or recordings: their media now, their rows after the retention period."""
    from roomreel.catalog.queries.listing import EVERYTHING, Filters
    from roomreel.cli.catalog import open_catalogs
    from roomreel.cli.configuration import load

    filters = Filters(room, since, until, status, template)
    if bool(sids) == (filters != EVERYTHING):
        raise typer.BadParameter("say which: sids, or a filter such as --room")
    settings = load(config)
    catalog = open_catalogs(settings)
    found = _chosen(catalog, table, sids or [], filters)
    rows.print_rows(found, COLUMNS[table], rows.Form.TABLE)
    if found and not dry_run:
        _ask(len(found), table, yes=yes)
        _delete(catalog, table, found, settings)


def _chosen(catalog: Catalog, table: Table, sids: list[str], filters: Filters) -> list[Row]:
    """Return the rows of these sids, deleted ones too; or those of a filter that are not deleted.

    Raises:
        NotFound: a sid has no row.
    """
    if not sids:
        return [row for row in catalog.rows(table, filters) if row["status"] != "deleted"]
    found = catalog.find(table, sids)
    missing = sorted(set(sids) - found.keys())
    if missing:
        raise NotFound(
            f"the catalog of {table} has no {', '.join(missing)}",
            "what is still being made has no row yet: cancel it first (its flow run), or wait",
        )
    return list(found.values())


def _ask(count: int, table: Table, *, yes: bool) -> None:
    what = counted(count, table.removesuffix("s"))
    question = f"Permanently delete {what} with all media files?"
    try:
        if yes or typer.confirm(question, err=True):
            return
    except typer.Abort:  # no one there to answer
        pass
    raise Cancelled("nothing was deleted", "--yes deletes without asking")


def _delete(catalog: Catalog, table: Table, found: list[Row], settings: Settings) -> None:
    from datetime import UTC, datetime

    from roomreel.maintenance.clearing import forget, gone_of
    from roomreel.maintenance.removal import remove_all
    from roomreel.maintenance.versions import kept_versions

    sids = [row["sid"] for row in found]
    removal = remove_all(catalog, table, sids, settings, datetime.now(UTC))
    cleared = forget(_machine(settings), gone_of(catalog, table, removal.rows))
    copies = f", and {cleared.count} as copies on this machine" if cleared.count else ""
    deleted = counted(len(removal.rows), table.removesuffix("s"))
    console.say(f"deleted {deleted}, removed {counted(removal.files, 'file')}{copies}")
    for words in (*removal.kept, *map(str, kept_versions(settings, [table]))):
        console.say(words, "yellow")
    problems = [*removal.problems, *cleared.problems]
    for problem in problems:
        console.report(problem)
    if problems:
        raise typer.Exit(StorageFailed.exit_code)


def _machine(settings: Settings) -> Machine:
    """This machine, with the server that is set; one of its own a run would have to start first."""
    from roomreel.maintenance.places import Machine

    if not os.environ.get("PREFECT_API_URL"):
        return Machine.of(settings)
    from roomreel.flows.orchestration.runtime import prefect_environment

    os.environ.update(prefect_environment(settings))
    # Imports Prefect, which reads the environment that was just set.
    from roomreel.tasks.machine import machine_of

    return machine_of(settings)
