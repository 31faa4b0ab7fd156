"""Deletions as people see them: counted, then confirmed.

What is deleted is what was counted: its sids are written down with the count. So rows that come
later stay, whatever date they have.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, or_, select, update

from roomreel.errors import NotFound
from roomreel.model.table import Table
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import DELETIONS, DOOMED
from roomreel.service.lists.listing import CompositionFilter, RecordingFilter
from roomreel.service.lists.matching import match_compositions, match_recordings

MOST = 10_000
"""How many one deletion has at most: a person who is asked can still imagine it."""

KEPT_COUNTED = timedelta(hours=1)
"""How long a count can be confirmed."""

_KEPT_ENDED = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deletion of many.

    Attributes:
        table: whose rows are deleted.
        total: how many are to go, or are gone.
        done: how many are gone.
        kept: how many that matched stay, by the reason.
        has_more: whether more matched than one deletion has; the newest are in it.
        problem: why it does not get on now; None: it does.
    """

    id: str
    table: Table
    total: int
    done: int
    kept: Mapping[str, int]
    has_more: bool
    date_confirmed: datetime | None
    date_ended: datetime | None
    problem: str | None


def count_deletion(
    database: Database, wanted: CompositionFilter | RecordingFilter, caller: str, now: datetime
) -> str:
    """Write down what a filter matches now, to be deleted when it is confirmed; return its id.

    Args:
        caller: sid of whoever asks.

    Raises:
        ServiceDatabaseFailed: the database does not answer.
    """
    if isinstance(wanted, CompositionFilter):
        table, found = Table.COMPOSITIONS, match_compositions(database, wanted, MOST)
    else:
        table, found = Table.RECORDINGS, match_recordings(database, wanted, MOST)
    row = {
        "id": secrets.token_hex(16),
        "of_table": table,
        "caller": caller,
        "date_created": now,
        "total": len(found.sids),
        "kept": {str(why): count for why, count in found.stay.items()},
        "has_more": found.has_more,
    }
    with database.write() as connection:
        _remove_old(connection, now)
        connection.execute(insert(DELETIONS).values(row))
        if found.sids:
            rows = [{"deletion_id": row["id"], "sid": sid} for sid in found.sids]
            connection.execute(insert(DOOMED), rows)
    return str(row["id"])


def find_deletion(database: Database, deletion: str) -> Deletion:
    """Return a deletion.

    Raises:
        NotFound: there is none, or it was not confirmed in time.
        ServiceDatabaseFailed: the database does not answer.
    """
    with database.read() as connection:
        row = connection.execute(select(DELETIONS).where(DELETIONS.c.id == deletion)).first()
    if row is None:
        raise NotFound("there is no such deletion, or it was not confirmed in time", "count again")
    return Deletion(
        row.id,
        Table(row.of_table),
        row.total,
        row.done,
        row.kept,
        row.has_more,
        row.date_confirmed,
        row.date_ended,
        row.problem,
    )


def confirm_deletion(database: Database, deletion: str, now: datetime) -> None:
    """Have a deletion done; of one that is confirmed already nothing happens.

    Raises:
        NotFound: there is none, or it was not confirmed in time.
        ServiceDatabaseFailed: the database does not answer.
    """
    this = DELETIONS.c.id == deletion, DELETIONS.c.date_confirmed.is_(None)
    in_time = DELETIONS.c.date_created > now - KEPT_COUNTED
    with database.write() as connection:
        confirmed = update(DELETIONS).where(*this, in_time).values(date_confirmed=now)
        is_new = connection.execute(confirmed).rowcount == 1
    if not is_new and find_deletion(database, deletion).date_confirmed is None:
        raise NotFound("this deletion was not confirmed in time", "count again")


def _remove_old(connection: Connection, now: datetime) -> None:
    """Remove deletions that ended long ago, or were counted and never confirmed."""
    is_old = or_(
        DELETIONS.c.date_ended < now - _KEPT_ENDED,
        DELETIONS.c.date_confirmed.is_(None) & (DELETIONS.c.date_created <= now - KEPT_COUNTED),
    )
    old = select(DELETIONS.c.id).where(is_old)
    connection.execute(delete(DOOMED).where(DOOMED.c.deletion_id.in_(old)))
    connection.execute(delete(DELETIONS).where(is_old))
