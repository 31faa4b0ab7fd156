"""`roomreel keys ...`: who may use the API and the console."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from roomreel.cli import console, rows
from roomreel.cli.options import Config, Csv, Json
from roomreel.cli.service_database import open_service
from roomreel.cli.times import deadline

# Names of its choices are printed in the help.
from roomreel.service.access.scopes import Scope

if TYPE_CHECKING:
    from roomreel.service.access.account import Account
    from roomreel.service.access.keys import Key
    from roomreel.service.database.connections import Database

LISTENS = "http://127.0.0.1:8080"
"""Where `serve` listens unless it is told otherwise."""

_COLUMNS = ("sid", "name", "scopes", "state", "created", "expires", "used")


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Such as the program it is for.")],
    scopes: Annotated[
        list[Scope] | None,
        typer.Option(
            "--scope",
            help="May be repeated. read: fetch and list; media: fetch files; write: create, "
            "change and delete; admin: keys and settings.  [default: read]",
        ),
    ] = None,
    expires: Annotated[
        datetime | None,
        typer.Option(
            "--expires",
            parser=deadline,
            metavar="TIME",
            help="When it ends, such as 90d or 2027-01-31.  [default: never]",
        ),
    ] = None,
    as_json: Json = False,
    config: Config = None,
) -> None:
    """Create a key of the API, and print its sid and its secret, which is shown only now."""
    from roomreel.service.access.keys import create_key

    with open_service(config) as (database, _):
        key, secret = create_key(database, name, scopes or [Scope.READ], expires)
    if as_json:
        console.out_json({"sid": key.sid, "secret": secret, **_row(key)})
        return
    console.out(f"{key.sid}:{secret}")
    console.say("Keep it now: the secret is not shown again. Use it as curl -u SID:SECRET.")


def list_keys(as_json: Json = False, as_csv: Csv = False, config: Config = None) -> None:
    """List the keys of the API, newest first, with what each may do and when it was used."""
    from roomreel.service.access.keys import list_keys as read

    how = rows.form(as_json=as_json, as_csv=as_csv)
    with open_service(config) as (database, _):
        found = [_row(key) for key in read(database)]
    rows.print_rows(found, _COLUMNS, how)


def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_SID", help="Of the key.")],
    config: Config = None,
) -> None:
    """Revoke a key of the API: within 5 seconds it lets nobody in."""
    from roomreel.service.access.keys import revoke_key

    with open_service(config) as (database, _):
        key = revoke_key(database, name)
    done = "was revoked before" if key.date_revoked else "is revoked"
    console.say(f"{key.sid} ({key.name}) {done}")


def rotate(config: Config = None) -> None:
    """Replace the auth token of the account, and print account sid and new token."""
    from roomreel.cli.configuration import load
    from roomreel.service.access.account_file import rotate_token

    account = rotate_token(load(config))
    console.out(f"{account.sid}:{account.auth_token}")
    console.say("The old token is valid for some seconds more. Callbacks are signed with the new.")


def link(
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="That browsers reach the service by.  [default: service_url, or where serve "
            "listens by default]",
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Print a link that signs the account in to the console: good once, for 10 minutes."""
    from roomreel.service.access.account_file import open_account

    with open_service(config) as (database, settings):
        show_link(database, open_account(settings), url or settings.service_url or LISTENS)


def show_link(database: Database, account: Account, url: str) -> None:
    """Print a new link that signs the account in to the console.

    Raises:
        ServiceDatabaseFailed: the database does not answer.
    """
    from roomreel.service.access.sign_in_links import make_link

    made = make_link(database, account, url.rstrip("/"), datetime.now(UTC))
    console.out_literal(made)
    console.say("It signs in whoever opens it first, and ends in 10 minutes.")


def _row(key: Key) -> rows.Row:
    return {
        "sid": key.sid,
        "name": key.name,
        "scopes": " ".join(sorted(key.scopes)),
        "state": _state(key),
        "created": key.date_created,
        "expires": key.date_expires,
        "used": key.date_used,
    }


def _state(key: Key) -> str:
    if key.date_revoked:
        return "revoked"
    return "valid" if key.is_valid(datetime.now(UTC)) else "expired"
