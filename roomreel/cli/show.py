"""`roomreel show WHAT`: one row of a catalog, whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from roomreel.cli import console
from roomreel.cli.options import Config, Json
from roomreel.errors import NotFound

_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")

if TYPE_CHECKING:
    from roomreel.model.table import Row
    from roomreel.settings import Settings


def show(
    sid: Annotated[
        str,
        typer.Argument(
            metavar="WHAT", help="The sid of a room, recording or composition; or a room's name."
        ),
    ],
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Show everything the catalogs hold about one room, recording or composition."""
    from roomreel.cli.configuration import load

    row = find(sid, load(config))
    if as_json:
        console.out_json(row)
    else:
        print_row(row)


def find(sid: str, settings: Settings) -> Row:
    """Return the row of a sid, or of the room of a unique name.

    Raises:
        NotFound: the catalogs have none; or several rooms have that name.
    """
    from roomreel.catalog.queries.listing import Filters
    from roomreel.cli.catalog import open_catalogs
    from roomreel.model.table import Table

    catalog = open_catalogs(settings)
    row = catalog.lookup(sid)
    if row is not None:
        return row
    if _SID.fullmatch(sid):
        raise NotFound(
            f"{sid} is not in the catalogs",
            "a sid begins with RM, RT, CJ or AT; roomreel list shows those there are",
        )
    rooms = catalog.rows(Table.ROOMS, Filters(room=sid))
    if len(rooms) > 1:
        sids = ", ".join(room["sid"] for room in rooms)
        raise NotFound(f"{len(rooms)} rooms have the name {sid!r}", f"name one by its sid: {sids}")
    return rooms[0]


def print_row(row: Mapping[str, Any]) -> None:
    """Print a line a column that is set, and one for each element of a list."""
    for name, value in row.items():
        if isinstance(value, list) and value:
            console.out_literal(f"{name}:")
            for element in value:
                console.out_literal(f"  {_words(element)}")
        elif value not in (None, []):
            console.out_literal(f"{name}: {_words(value)}")


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{key}={_words(part)}" for key, part in value.items() if part is not None)
    return console.encoded(value)
