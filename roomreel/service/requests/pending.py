"""The end of a run where no server is: what happened is told by the run itself."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from datetime import UTC, datetime

from sqlalchemy import select

from roomreel.errors import RoomreelError
from roomreel.logs import LOG
from roomreel.service.access.account_file import read_account
from roomreel.service.callbacks.deliverer import Deliverer
from roomreel.service.callbacks.outbox import due_hosts
from roomreel.service.database.connections import Database, find_database
from roomreel.service.database.tables import LEASES
from roomreel.service.requests.settle import settle_recorded
from roomreel.settings.serving import Serving

LASTS_S = 60.0
"""How long a run goes on for its callbacks: those that are not taken by then wait for the next."""


def tell(sids: Collection[str], settings: Serving) -> None:
    """Note outcomes that were recorded, and deliver what is to be said of them.

    A failure is logged: it ends no run.
    """
    try:
        settle_recorded(sids, settings)
    except RoomreelError as error:
        LOG.warning("No callback says yet what was made: %s", error)
    deliver_pending(settings)


def deliver_pending(settings: Serving, lasts_s: float = LASTS_S) -> None:
    """Deliver what is due, where there is a service database and no server that does it.

    A failure is logged: it ends no run.
    """
    try:
        database = find_database(settings)
        if database is None:
            return
        with closing(database):
            if _is_served(database) or not _is_due(database):
                return
            account = read_account(settings)
            deliverer = Deliverer(database, lambda: account, settings, "a run")
            deliverer.work_off(lasts_s)
    except RoomreelError as error:
        LOG.warning("Callbacks wait for the next run, or for roomreel serve: %s", error)


def _is_due(database: Database) -> bool:
    with database.read() as connection:
        return bool(due_hosts(connection, datetime.now(UTC)))


def _is_served(database: Database) -> bool:
    """Return whether a server is alive: it renews its duties."""
    with database.read() as connection:
        alive = select(LEASES.c.name).where(LEASES.c.until > datetime.now(UTC))
        return connection.execute(alive).first() is not None
