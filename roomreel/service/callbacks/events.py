"""Changes of state, in the order in which they happened, and the outbox of those to be sent.

An event and its delivery are written in the transaction that changes the state: neither is without
the other, whatever is killed. Who sends them: `roomreel.service.callbacks.deliverer`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, or_, update

from roomreel.model.callback import Callback
from roomreel.service.database.tables import DELIVERIES, EVENTS
from roomreel.service.database.upsert import insert_for_key

PROGRESS = "composition-progress"
"""The event that is a hint: sent once, and only while nothing newer is known."""

_PORTS = {"http": 80, "https": 443}
_LONGEST_HOST = 255


class Delivery(StrEnum):
    """The state of a delivery."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given-up"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Event:
    """A change of state.

    Attributes:
        stream: sid of the composition, recording or room in whose order it is sent.
        name: such as `composition-started`.
        data: what is said of it alone, by the names of parameters; texts and numbers.
        callback: where it is sent; None: nowhere.
        step: which it is of those that come several times on the way to one row, such as the
            percentage of a progress.
    """

    stream: str
    room_sid: str
    name: str
    date: datetime
    data: Mapping[str, Any] = field(default_factory=dict)
    callback: Callback | None = None
    step: int = 0


def add_event(connection: Connection, event: Event, attempts: int) -> bool:
    """Write an event down, and that it is to be sent; return whether it is new.

    It is written once for each row that it leads to, whoever finds that.

    Args:
        attempts: of that row; 0 for what leads to none.
    """
    kept = ("stream", "room_sid", "name", "step")
    row = {name: getattr(event, name) for name in kept}
    row |= {"data": dict(event.data), "attempts": attempts}
    number = insert_for_key(connection, EVENTS, row)
    if number is None:
        return False
    _drop_hints(connection, event.stream)
    if event.callback is not None:
        values = _delivery(event, event.callback)
        connection.execute(insert(DELIVERIES).values({"event_id": number} | values))
    return True


def host_of(url: str) -> str:
    """Return host and port of a URL, as `example.org:443`; "" of what is no such URL."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.hostname or ''}:{port}"[:_LONGEST_HOST]


def _delivery(event: Event, callback: Callback) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "stream": event.stream,
        "date": event.date,
        "url": callback.url,
        "method": callback.method,
        "host": host_of(callback.url),
        "status": Delivery.WAITING,
        "is_hint": event.name == PROGRESS,
        "token": str(uuid.uuid4()),
        "since": now,
        "due": now,
    }


def _drop_hints(connection: Connection, stream: str) -> None:
    """Leave out what is not worth sending any more, as something newer is known."""
    hints = DELIVERIES.c.stream == stream, DELIVERIES.c.is_hint.is_(True)
    is_free = or_(DELIVERIES.c.held_until.is_(None), DELIVERIES.c.held_until < datetime.now(UTC))
    waiting = DELIVERIES.c.status == Delivery.WAITING, is_free
    connection.execute(update(DELIVERIES).where(*hints, *waiting).values(status=Delivery.DROPPED))
