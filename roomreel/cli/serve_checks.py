"""Checks of `roomreel serve --check`: the account and the database of the service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from roomreel.cli.doctor import Check, State
from roomreel.errors import NotFound, RoomreelError

if TYPE_CHECKING:
    from roomreel.settings import Settings


def of_service(settings: Settings) -> Iterator[Check]:
    """Check what `serve` keeps, and change nothing."""
    yield _account(settings)
    yield _database(settings)


def _account(settings: Settings) -> Check:
    from roomreel.service.access.account_file import read_account

    try:
        return Check("account", State.OK, read_account(settings).sid)
    except NotFound as error:
        return Check("account", State.MISSING, error.message, "the first start makes it")
    except RoomreelError as error:
        return Check("account", State.MISSING, error.message, error.remedy)


def _database(settings: Settings) -> Check:
    from roomreel.service.database.connections import revision_of

    name = "service database"
    kind = "SQLite" if settings.service_database is None else "PostgreSQL"
    try:
        revision = revision_of(settings)
    except RoomreelError as error:
        return Check(name, State.MISSING, error.message, error.remedy)
    if revision is None:
        return Check(name, State.MISSING, f"no tables in {kind}", "the first start makes them")
    if kind == "SQLite":
        remedy = "set service_database where more than one machine takes part"
        return Check(name, State.OK, f"SQLite, for one machine; {remedy}")
    return Check(name, State.OK, f"PostgreSQL, revision {revision}")
