"""Links that sign the account in to the console: good once, and not for long."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, insert

from roomreel.service.access.account import Account
from roomreel.service.access.sessions import keyed_digest, new_secret
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import SIGN_IN_LINKS

LASTS = timedelta(minutes=10)


def make_link(database: Database, account: Account, url: str, now: datetime) -> str:
    """Return a new link; of its secret only a digest is kept.

    Args:
        url: of the service, without a slash at its end.
    """
    secret = new_secret()
    row = {"digest": keyed_digest(account, secret), "date_expires": now + LASTS}
    with database.write() as connection:
        connection.execute(delete(SIGN_IN_LINKS).where(SIGN_IN_LINKS.c.date_expires <= now))
        connection.execute(insert(SIGN_IN_LINKS).values(row))
    return f"{url}/console/sign-in?link={secret}"


def use_link(database: Database, account: Account, secret: str, now: datetime) -> bool:
    """Return whether a link lets somebody in; of all who use it, it lets in one."""
    this = SIGN_IN_LINKS.c.digest == keyed_digest(account, secret)
    is_good = SIGN_IN_LINKS.c.date_expires > now
    with database.write() as connection:
        return connection.execute(delete(SIGN_IN_LINKS).where(this, is_good)).rowcount == 1
