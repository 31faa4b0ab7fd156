"""`roomreel list rooms|recordings|compositions|attempts|talk`: rows of a catalog, newest first."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from roomreel.cli import rows
from roomreel.cli.options import Config, Csv, Json, Room, Since, Until
from roomreel.model.table import Table


class Status(StrEnum):
    """The status of a row."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    PURGED = "purged"


# What fits a screen; `show` and --json have the rest.
COLUMNS = {
    Table.ROOMS: ("sid", "unique_name", "status", "end_time", "recording_count", "source_bytes"),
    Table.RECORDINGS: (
        "sid",
        "room_name",
        "participant_identity",
        "track_name",
        "type",
        "status",
        "duration_ms",
        "size_bytes",
    ),
    Table.COMPOSITIONS: (
        "sid",
        "room_name",
        "template",
        "status",
        "failure_code",
        "duration_ms",
        "size_bytes",
        "media_url",
    ),
    Table.ATTEMPTS: ("time", "room_name", "template", "document", "status", "code", "message"),
    Table.TALK: (
        "room_name",
        "participant_identity",
        "status",
        "talk_ms",
        "turn_count",
        "overlap_ms",
        "interruption_count",
        "loudness_lufs",
    ),
}


def list_rows(  # noqa: PLR0913, PLR0917  an option a parameter
    table: Annotated[
        Table,
        typer.Argument(metavar="TABLE", help="rooms, recordings, compositions, attempts or talk."),
    ],
    room: Room = None,
    since: Since = None,
    until: Until = None,
    status: Annotated[Status | None, typer.Option("--status")] = None,
    template: Annotated[
        str | None, typer.Option("--template", help="Compositions of this template.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, metavar="N", help="Maximum number of rows.")
    ] = 50,
    as_json: Json = False,
    as_csv: Csv = False,
    config: Config = None,
) -> None:
    """List rooms, recordings, compositions, attempts or talk, newest first."""
    how = rows.form(as_json=as_json, as_csv=as_csv)
    from roomreel.catalog.queries.listing import Filters
    from roomreel.cli.catalog import open_catalogs
    from roomreel.cli.configuration import load

    filters = Filters(room, since, until, status, template, limit)
    found = open_catalogs(load(config)).rows(table, filters)
    rows.print_rows(found, COLUMNS[table], how)
