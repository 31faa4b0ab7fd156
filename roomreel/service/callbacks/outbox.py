"""The outbox in the database: what is due, who tries it, and what came of a try.

A delivery that is tried is due again when its lease ends: whoever was killed leaves it to others.
Of a stream only the first that waits is tried, and of a receiver only so many at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from roomreel.model.location import without_secrets
from roomreel.redaction import redacted
from roomreel.service.callbacks.events import Delivery
from roomreel.service.callbacks.messages import Told
from roomreel.service.callbacks.retries import Verdict
from roomreel.service.callbacks.sending import Answer
from roomreel.service.database.connections import Database
from roomreel.service.database.tables import CALLBACK_TRIES, DELIVERIES, EVENTS
from roomreel.text import printable

HELD = timedelta(seconds=60)
"""How long a delivery is one sender's: more than a try may take."""

FIRST_KEPT, LAST_KEPT = 10, 40
"""Tries of an event that are kept, the first and the last ones. A usual day has 33."""

_HINT_IS_WAITED_FOR = timedelta(seconds=2)
_LONGEST_ERROR = 500
# As long as a URL may be.
_LONGEST_URL = 4096

_WAITS = DELIVERIES.c.status == Delivery.WAITING


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is ours for a while.

    Attributes:
        told: what is to be sent where.
        since, tries: of the round that goes on; tries before the one that comes.
        all_tries: of the rounds before it, too.
        held_until: after this it may be another's.
    """

    event_id: int
    host: str
    told: Told
    since: datetime
    tries: int
    all_tries: int
    is_hint: bool
    held_until: datetime


@dataclass(frozen=True, slots=True)
class Tried:
    """A try, and what becomes of its delivery.

    Attributes:
        date: when it began.
    """

    claimed: Claimed
    date: datetime
    answer: Answer
    verdict: Verdict


def due_hosts(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Return the receivers to which something is due, with since when."""
    # From one receiver in the index to the next: however many events wait, none of them is read.
    first = select(func.min(DELIVERIES.c.host).label("host")).where(_WAITS).cte(recursive=True)
    following = (
        select(func.min(DELIVERIES.c.host))
        .where(_WAITS, DELIVERIES.c.host > first.c.host)
        .scalar_subquery()
    )
    hosts = first.union_all(select(following).where(first.c.host.is_not(None)))
    due = (
        select(func.min(DELIVERIES.c.due))
        .where(_WAITS, DELIVERIES.c.host == hosts.c.host)
        .scalar_subquery()
    )
    found = connection.execute(select(hosts.c.host, due).where(hosts.c.host.is_not(None)))
    return {host: at for host, at in found if at is not None and at <= now}


def claim(
    database: Database, wanted: Mapping[str, int], holder: str, now: datetime
) -> list[Claimed]:
    """Take deliveries that are due, for this sender alone.

    Args:
        wanted: receivers, and how many of each at most.
    """
    with database.read() as connection:
        numbers: list[int] = [
            number
            for host, most in wanted.items()
            for number in connection.execute(_first_of_streams(host, now).limit(most)).scalars()
        ]
    if not numbers:
        return []
    until = now + HELD
    with database.write() as connection:
        _drop_stale_hints(connection, numbers)
        # Another one may have been quicker: what is due no more is its.
        free = DELIVERIES.c.event_id.in_(numbers), _WAITS, DELIVERIES.c.due <= now
        held = {"holder": holder, "held_until": until, "due": until}
        taken = update(DELIVERIES).where(*free).values(held).returning(DELIVERIES.c.event_id)
        ours = connection.execute(taken).scalars().all()
        of_events = EVENTS.c.room_sid, EVENTS.c.name, EVENTS.c.data
        rows = select(DELIVERIES, *of_events).join(EVENTS, EVENTS.c.id == DELIVERIES.c.event_id)
        found = connection.execute(rows.where(EVENTS.c.id.in_(ours)).order_by(EVENTS.c.id))
        return [_claimed(row, until) for row in found.mappings()]


def give_back(database: Database, claimed: Sequence[Claimed], now: datetime) -> None:
    """Leave deliveries to others that were not tried to the end."""
    with database.write() as connection:
        for one in claimed:
            free = {"holder": None, "held_until": None, "due": now}
            connection.execute(update(DELIVERIES).where(_is_ours(one)).values(free))


def record(database: Database, tried: Sequence[Tried], now: datetime) -> None:
    """Write down what came of tries, in one transaction; the next of each stream gets its turn."""
    with database.write() as connection:
        # In one order, so that two who record do not wait for each other.
        for one in sorted(tried, key=lambda each: each.claimed.event_id):
            connection.execute(insert(CALLBACK_TRIES).values(_try(one)))
            if one.claimed.all_tries >= FIRST_KEPT + LAST_KEPT:
                _leave_out_tries(connection, one.claimed.event_id)
            values = {
                "status": one.verdict.status,
                "tries": DELIVERIES.c.tries + 1,
                "tries_since": one.claimed.tries + 1,
                "due": one.verdict.due or now,
                "holder": None,
                "held_until": None,
            }
            changed = update(DELIVERIES).where(_is_ours(one.claimed)).values(values)
            if connection.execute(changed).rowcount:
                # Those behind it are not looked at before their turn, and at once then.
                behind = DELIVERIES.c.stream == one.claimed.told.stream, _WAITS
                later = DELIVERIES.c.event_id > one.claimed.event_id
                moved = update(DELIVERIES).where(*behind, later, DELIVERIES.c.holder.is_(None))
                connection.execute(moved.values(due=one.verdict.due or now))


def shown_url(url: str) -> str:
    """Return a URL as it is logged and shown: without user, query and fragment."""
    return printable(without_secrets(url)[:_LONGEST_URL])


def _first_of_streams(host: str, now: datetime) -> Select[Any]:
    """Return what finds the deliveries to a receiver whose turn it is, the longest due first."""
    before = DELIVERIES.alias("before")
    # A hint holds up nothing, but for the moment in which it is on its way.
    is_on_its_way = before.c.held_until > now + HELD - _HINT_IS_WAITED_FOR
    is_earlier = and_(
        before.c.stream == DELIVERIES.c.stream,
        before.c.event_id < DELIVERIES.c.event_id,
        before.c.status == Delivery.WAITING,
        or_(before.c.is_hint.is_(False), is_on_its_way),
    )
    return (
        select(DELIVERIES.c.event_id)
        .where(
            DELIVERIES.c.host == host, _WAITS, DELIVERIES.c.due <= now, ~exists().where(is_earlier)
        )
        .order_by(DELIVERIES.c.due)
    )


def _drop_stale_hints(connection: Connection, numbers: Sequence[int]) -> None:
    """Leave out hints whose one try a kill has ended, or after which something has happened."""
    later = EVENTS.c.stream == DELIVERIES.c.stream, EVENTS.c.id > DELIVERIES.c.event_id
    is_stale = or_(DELIVERIES.c.holder.is_not(None), exists().where(*later))
    hints = DELIVERIES.c.event_id.in_(numbers), DELIVERIES.c.is_hint.is_(True), _WAITS
    stale = update(DELIVERIES).where(*hints, is_stale)
    connection.execute(stale.values(status=Delivery.DROPPED, holder=None, held_until=None))


def _claimed(row: RowMapping, until: datetime) -> Claimed:
    return Claimed(
        event_id=row["event_id"],
        host=row["host"],
        told=Told.of(row),
        since=row["since"],
        tries=row["tries_since"],
        all_tries=row["tries"],
        is_hint=row["is_hint"],
        held_until=until,
    )


def _leave_out_tries(connection: Connection, event_id: int) -> None:
    """Remove what is between the first and the last tries of an event, where they are many."""
    of_event = CALLBACK_TRIES.c.event_id == event_id
    numbers = select(CALLBACK_TRIES.c.id).where(of_event).order_by(CALLBACK_TRIES.c.id)
    kept = connection.execute(numbers).scalars().all()
    between = kept[FIRST_KEPT:-LAST_KEPT]
    if between:
        connection.execute(delete(CALLBACK_TRIES).where(CALLBACK_TRIES.c.id.in_(between)))


def _is_ours(claimed: Claimed) -> ColumnElement[bool]:
    is_this = DELIVERIES.c.event_id == claimed.event_id
    return and_(is_this, DELIVERIES.c.held_until == claimed.held_until)


def _try(tried: Tried) -> dict[str, object]:
    answer = tried.answer
    body = printable(answer.body.decode("utf-8", "replace")) if answer.body else None
    return {
        "event_id": tried.claimed.event_id,
        "date": tried.date,
        "url": shown_url(tried.claimed.told.callback.url),
        "http_status": answer.status,
        "ms": answer.ms,
        "answer": body and redacted(body),
        "error": printable(redacted(answer.error))[:_LONGEST_ERROR] or None,
    }
