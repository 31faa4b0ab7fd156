"""The end of what the catalogs purged: nothing of it stays in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import date

from sqlalchemy import Column, Connection, delete, select

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.deletion import purged_on
from roomreel.errors import CatalogError
from roomreel.model.table import DELETABLE, composition_day, purged_digest
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import (
    CALLBACK_TRIES,
    CLAIMS,
    COMPOSITIONS,
    DELIVERIES,
    DOOMED,
    EVENTS,
    IDEMPOTENCY_KEYS,
    RECORDINGS,
    REQUESTS,
    ROOMS,
)
from roomreel.service.database.upsert import pieces
from roomreel.service.projection.copying import remove_rows, write_alone
from roomreel.service.requests.requests import OPEN

_OF_COMPOSITIONS: tuple[Column[str], ...] = (
    REQUESTS.c.sid,
    EVENTS.c.stream,
    IDEMPOTENCY_KEYS.c.sid,
    CLAIMS.c.sid,
    DOOMED.c.sid,
)
"""Columns with sids of compositions, beside the projection's; streams may be recordings, too."""

_AT_ONCE = 500

_STREAMS = (
    select(ROOMS.c.day, EVENTS.c.stream)
    .distinct()
    .join(EVENTS, EVENTS.c.room_sid == ROOMS.c.sid)
    .where(EVENTS.c.stream.startswith("RT"), ROOMS.c.day.is_not(None))
)
"""Recordings that events tell of, by the day of their rooms, as the catalogs have them."""


def forget(database: Database, sids: Collection[str]) -> None:
    """Remove all that is known of compositions and recordings; safe to kill and to repeat.

    Raises:
        ServiceDatabaseFailed: the database does not answer; what was removed before stays so.
    """
    for some in pieces(sorted(sids), _AT_ONCE):
        with write_alone(database) as connection:
            # In the order in which requests are settled, so that neither waits for the other.
            for table in DELETABLE:
                remove_rows(connection, table, some)
            _forget_deliveries(connection, some)
            for column in _OF_COMPOSITIONS:
                connection.execute(delete(column.table).where(column.in_(some)))


def forget_purged(database: Database, catalog: Catalog) -> int:
    """Remove all that is known of what the catalogs purged; return of how many sids.

    The catalogs keep a digest of each sid that was purged. So whatever a kill left here is found
    later, too.

    Raises:
        CatalogError, StorageFailed: the catalogs cannot be read.
        ServiceDatabaseFailed: the database does not answer.
    """
    count = 0
    for day, sids in sorted(_sids_by_day(database).items()):
        digests = purged_on(catalog, day)
        gone = {sid for sid in sids if purged_digest(sid) in digests} if digests else set()
        gone -= _alive(database, catalog, gone, day)
        forget(database, gone)
        count += len(gone)
    return count


def _forget_deliveries(connection: Connection, streams: Collection[str]) -> None:
    of_streams = DELIVERIES.c.stream.in_(streams)
    events = select(DELIVERIES.c.event_id).where(of_streams)
    connection.execute(delete(CALLBACK_TRIES).where(CALLBACK_TRIES.c.event_id.in_(events)))
    connection.execute(delete(DELIVERIES).where(of_streams))


def _alive(database: Database, catalog: Catalog, sids: Collection[str], day: date) -> set[str]:
    """Return those of the sids that are there again: made, or asked for, after they were purged."""
    if not sids:
        return set()
    made = (catalog.reader.days_of(table, sids, [day]) for table in DELETABLE)
    with database.read() as connection:
        asked = {
            sid
            for some in pieces(sorted(sids), _AT_ONCE)
            for sid in connection.execute(
                select(REQUESTS.c.sid).where(REQUESTS.c.sid.in_(some), REQUESTS.c.status.in_(OPEN))
            ).scalars()
        }
    return asked.union(*made)


def _sids_by_day(database: Database) -> dict[date, set[str]]:
    """Return the sids in the database, by the day of which the catalogs have them, or had."""
    found: dict[date, set[str]] = defaultdict(set)
    with database.read() as connection:
        for column in (COMPOSITIONS.c.sid, *_OF_COMPOSITIONS):
            for sid in _values(connection, column):
                with suppress(CatalogError):
                    found[composition_day(sid)].add(sid)
        rows = select(RECORDINGS.c.day, RECORDINGS.c.sid).where(RECORDINGS.c.day.is_not(None))
        for day, sid in [*connection.execute(rows), *connection.execute(_STREAMS)]:
            found[date.fromisoformat(day)].add(sid)
    return found


def _values(connection: Connection, column: Column[str]) -> Iterable[str]:
    return connection.execute(select(column).distinct()).scalars()
