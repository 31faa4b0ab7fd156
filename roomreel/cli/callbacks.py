"""`roomreel callbacks ...`: events that are sent to applications, and how far that is."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from roomreel.cli import console, rows
from roomreel.cli.options import Config, Csv, Json, Since, Until
from roomreel.cli.service_database import existing_service

# Names of its choices are printed in the help.
from roomreel.service.callbacks.events import Delivery

if TYPE_CHECKING:
    from roomreel.model.table import Row

_COLUMNS = ("id", "event", "sid", "status", "created", "tries", "due", "url")
_MOST = 10_000

Number = Annotated[int, typer.Argument(metavar="ID", help="Number of the callback.", min=1)]


def list_callbacks(  # noqa: PLR0913, PLR0917  an option a parameter
    status: Annotated[
        Delivery | None, typer.Option("--status", help="Only those in this state.")
    ] = None,
    sid: Annotated[
        str | None,
        typer.Option(
            "--sid", metavar="SID", help="Only those of a composition, recording or room."
        ),
    ] = None,
    room: Annotated[
        str | None,
        typer.Option("--room", metavar="SID", help="Only those of a room and what is in it."),
    ] = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=_MOST, metavar="N", help="Maximum number of rows.")
    ] = 50,
    as_json: Json = False,
    as_csv: Csv = False,
    config: Config = None,
) -> None:
    """List events that are sent to applications, newest first, and how far that is."""
    from roomreel.service.callbacks.callbacks import CallbackFilter
    from roomreel.service.callbacks.callbacks import list_callbacks as find

    how = rows.form(as_json=as_json, as_csv=as_csv)
    wanted = CallbackFilter(
        status=status, stream=sid, room_sid=room, created_after=since, created_before=until
    )
    with existing_service(config) as (database, _):
        found = find(database, wanted, limit).rows
    rows.print_rows(list(map(_row, found)), _COLUMNS, how)


def show(number: Number, as_json: Json = False, config: Config = None) -> None:
    """Show one event: its parameters, and each try to send it, with what was answered."""
    from roomreel.cli.show import print_row
    from roomreel.service.access.account_file import read_account
    from roomreel.service.callbacks.callbacks import find_callback, parameters_shown

    with existing_service(config) as (database, settings):
        found = find_callback(database, number)
        parameters = parameters_shown(found, read_account(settings).sid)
    shown = _row(found) | {"parameters": parameters, "log": list(map(_try, found["log"]))}
    if as_json:
        console.out_json(shown)
    else:
        print_row(shown)


def redeliver(
    numbers: Annotated[list[int], typer.Argument(metavar="ID...", help="Numbers of callbacks.")],
    config: Config = None,
) -> None:
    """Have events sent again: by `serve` at once, else by the next run."""
    from roomreel.service.callbacks.callbacks import redeliver as send_again

    with existing_service(config) as (database, _):
        for number in numbers:
            found = send_again(database, number)
            console.say(f"{number} ({found['name']} of {found['stream']}) is sent again")


def _row(row: Row) -> dict[str, Any]:
    due: datetime | None = row["due"] if row["status"] == Delivery.WAITING else None
    return {
        "id": row["id"],
        "event": row["name"],
        "sid": row["stream"],
        "room": row["room_sid"],
        "status": row["status"],
        "created": row["date"],
        "tries": row["tries"],
        "due": due,
        "method": row["method"],
        "url": row["shown_url"],
    }


def _try(row: Row) -> dict[str, Any]:
    names = ("date", "http_status", "ms", "answer", "error")
    return {name: row[name] for name in names}
