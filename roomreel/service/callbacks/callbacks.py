"""Callbacks as people see them: listed, shown with their tries, delivered again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, RowMapping, Select, literal, select, tuple_, update

from roomreel.errors import ArgumentsInvalid, Conflict, NotFound
from roomreel.model.table import Row
from roomreel.model.time import EPOCH
from roomreel.service.callbacks.events import Delivery
from roomreel.service.callbacks.messages import Told, parameters_of
from roomreel.service.callbacks.outbox import shown_url
from roomreel.service.database.connections import Database
from roomreel.service.database.paging import Page
from roomreel.service.database.tables import CALLBACK_TRIES, DELIVERIES, EVENTS

LARGEST_ID = 2**31 - 1

_TICK = timedelta(microseconds=1)

_TOKEN = re.compile(r"(older|newer)-(-?[0-9]{1,17})-([0-9]{1,10})")
_ORDER = DELIVERIES.c.date, DELIVERIES.c.event_id
_SHOWN = (
    DELIVERIES,
    EVENTS.c.name,
    EVENTS.c.room_sid,
    EVENTS.c.data,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackFilter:
    """The filter of callbacks; None: any.

    Attributes:
        stream: sid of a composition, recording or room.
        created_after: that instant, or later; `created_before`: before that one.
    """

    status: str | None = None
    stream: str | None = None
    room_sid: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


def list_callbacks(
    database: Database, wanted: CallbackFilter, size: int, token: str | None = None
) -> Page:
    """Return a page of callbacks, newest first.

    Args:
        token: of a page before; None: the first page.

    Raises:
        ArgumentsInvalid: the token is none of ours.
        ServiceDatabaseFailed: the database does not answer.
    """
    kind, place = _read(token) if token else ("", None)
    statement = _wanted(wanted)
    if kind == "newer":
        statement = statement.where(tuple_(*_ORDER) > place).order_by(*_ORDER)
    else:
        statement = statement.order_by(*(column.desc() for column in _ORDER))
        statement = statement.where(tuple_(*_ORDER) < place) if kind else statement
    with database.read() as connection:
        rows = [_row(row) for row in connection.execute(statement.limit(size + 1)).mappings()]
    more, rows = len(rows) > size, rows[:size]
    if kind == "newer":
        rows.reverse()
    if not rows:
        return Page([], None, None)
    newer, older = _token("newer", rows[0]), _token("older", rows[-1])
    if kind == "newer":
        return Page(rows, older, newer if more else None)
    return Page(rows, older if more else None, newer if kind else None)


def find_callback(database: Database, number: int) -> Row:
    """Return a callback with its tries, the first one first.

    Raises:
        NotFound: there is none of this number.
        ServiceDatabaseFailed: the database does not answer.
    """
    with database.read() as connection:
        found = _find(connection, number)
        of = CALLBACK_TRIES.c.event_id == number
        tries = select(CALLBACK_TRIES).where(of).order_by(CALLBACK_TRIES.c.id)
        return found | {"log": [dict(row) for row in connection.execute(tries).mappings()]}


def redeliver(database: Database, number: int) -> Row:
    """Have an event sent again, with the token that it had; return its callback.

    It is sent at once, before what waits behind it, and tried for as long as a new one.

    Raises:
        NotFound: there is none of this number.
        Conflict: it is being sent at this moment.
        ServiceDatabaseFailed: the database does not answer.
    """
    now = datetime.now(UTC)
    with database.write() as connection:
        found = _find(connection, number)
        if found["held_until"] and found["held_until"] > now:
            raise Conflict(f"callback {number} is being sent at this moment", "look at it again")
        again = {"status": Delivery.WAITING, "since": now, "tries_since": 0, "due": now}
        free = {"holder": None, "held_until": None}
        this = update(DELIVERIES).where(DELIVERIES.c.event_id == number)
        connection.execute(this.values(again | free))
    return find_callback(database, number)


def parameters_shown(row: Row, account_sid: str) -> dict[str, str]:
    """Return the parameters that a callback is sent with."""
    return dict(parameters_of(Told.of(row), account_sid))


def _find(connection: Connection, number: int) -> Row:
    if not 0 < number <= LARGEST_ID:
        raise _unknown(number)
    this = DELIVERIES.c.event_id == number
    row = connection.execute(_wanted(CallbackFilter()).where(this)).mappings().first()
    if row is None:
        raise _unknown(number)
    return _row(row)


def _unknown(number: int) -> NotFound:
    return NotFound(f"there is no callback {number}", "roomreel callbacks list has those there are")


def _wanted(wanted: CallbackFilter) -> Select[Any]:
    statement = select(*_SHOWN).join(EVENTS, EVENTS.c.id == DELIVERIES.c.event_id)
    if wanted.status is not None:
        statement = statement.where(DELIVERIES.c.status == wanted.status)
    if wanted.stream is not None:
        statement = statement.where(DELIVERIES.c.stream == wanted.stream)
    if wanted.room_sid is not None:
        statement = statement.where(EVENTS.c.room_sid == wanted.room_sid)
    if wanted.created_after is not None:
        statement = statement.where(DELIVERIES.c.date >= wanted.created_after)
    if wanted.created_before is not None:
        statement = statement.where(DELIVERIES.c.date < wanted.created_before)
    return statement


def _row(row: RowMapping) -> Row:
    return dict(row) | {"id": row["event_id"], "shown_url": shown_url(row["url"])}


def _token(kind: str, row: Row) -> str:
    micros = (row["date"] - EPOCH) // _TICK
    return f"{kind}-{micros}-{row['id']}"


def _read(token: str) -> tuple[str, Any]:
    """Return which page a token leads to, and the place that it is beside."""
    found = _TOKEN.fullmatch(token)
    if found is None or int(found[3]) > LARGEST_ID:
        raise ArgumentsInvalid(
            "PageToken is none that a list has given", "follow next_page_url of a reply"
        )
    return found[1], tuple_(literal(int(found[2]), BigInteger()), literal(int(found[3])))
