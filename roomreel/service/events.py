"""Changes of state of compositions, in the order in which they happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from roomreel.service.tables import EVENTS
from roomreel.service.upsert import insert_new


@dataclass(frozen=True, slots=True)
class Event:
    """A change of state of one composition.

    Attributes:
        name: such as `composition-started`.
        data: what else is to be said of it.
    """

    composition_sid: str
    room_sid: str
    name: str
    date: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


def add_event(connection: Connection, event: Event, attempts: int) -> bool:
    """Write an event down, once for each row that it leads to; return whether it is new.

    Args:
        attempts: of that row.
    """
    row = {name: getattr(event, name) for name in Event.__dataclass_fields__}
    return insert_new(connection, EVENTS, row | {"data": dict(event.data), "attempts": attempts})
