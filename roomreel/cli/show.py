"""`roomreel show SID`: one row of a catalog, whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from roomreel.cli import console
from roomreel.cli.options import Config, Json
from roomreel.errors import NotFound

if TYPE_CHECKING:
    from roomreel.catalog.tables import Row
    from roomreel.settings import Settings


def show(
    sid: Annotated[str, typer.Argument(metavar="SID", help="Of a room, recording, composition.")],
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Show everything the catalogs hold about one room, recording or composition."""
    from roomreel.settings import load

    row = find(sid, load(config))
    if as_json:
        console.out_json(row)
    else:
        print_row(row)


def find(sid: str, settings: Settings) -> Row:
    """The row of a sid.

    Raises:
        NotFound: the catalogs have none.
    """
    from roomreel.cli.catalog import opened

    row = opened(settings).lookup(sid)
    if row is None:
        raise NotFound(
            f"the catalogs have no {sid}",
            "a sid begins with RM, RT or CJ; roomreel list shows those there are",
        )
    return row


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
