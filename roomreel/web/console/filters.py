"""Filters of a log, as a form of its page gives them: every problem beside its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from roomreel.model.table import Row
from roomreel.service.database.connections import Database
from roomreel.service.lists.listing import fetch_room
from roomreel.text import shortened
from roomreel.web.forms import Form
from roomreel.web.sids import written

FIELDS = ("from", "to", "zone", "status", "room", "sid")

_LONGEST_ZONE = 64


@dataclass(frozen=True, slots=True)
class Filters:
    """Filters that somebody asks for.

    Attributes:
        given: values of fields, as they were given; "" of those that were not.
        problems: what is wrong, by field.
        since: rows of this instant, or later.
        until: rows of before this one.
        room_sid: of the room that was named.
    """

    given: Mapping[str, str]
    problems: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    status: str | None = None
    room_sid: str | None = None
    sid: str | None = None

    @property
    def is_set(self) -> bool:
        """True if it leaves anything out."""
        return any(value for name, value in self.given.items() if name != "zone")

    def day(self, name: str) -> str:
        """Return the day of a field, as a field of a date can show it."""
        return "" if name in self.problems else self.given[name][:10]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The fields that were given: a query that asks the same again."""
        return [(name, value) for name, value in self.given.items() if value]


class Reader:
    """Reads the fields of a form, and keeps what is wrong with them."""

    def __init__(self, form: Form, database: Database) -> None:
        self._database = database
        self.given = {name: (form.one(name) or "").strip() for name in FIELDS}
        self.problems: dict[str, str] = {}

    def read(self, statuses: Sequence[str], prefixes: Sequence[str]) -> Filters:
        """Return the filters.

        Args:
            statuses: that rows have.
            prefixes: of sids of rows.
        """
        zone = self._zone()
        return Filters(
            self.given,
            self.problems,
            since=self._instant("from", zone, ends=False),
            until=self._instant("to", zone, ends=True),
            status=self._status(statuses),
            room_sid=self._room(),
            sid=self._sid(prefixes),
        )

    def _zone(self) -> tzinfo:
        name = self.given["zone"]
        if not name:
            return UTC
        try:
            return ZoneInfo(name[:_LONGEST_ZONE])
        # It is looked up as a file: of a name that is none anything may be raised.
        except (OSError, ValueError, KeyError):
            self.problems["zone"] = f"{shortened(name)} is no time zone that is known here"
            return UTC

    def _instant(self, name: str, zone: tzinfo, *, ends: bool) -> datetime | None:
        """Return the instant of a date or a time; the end of a day is that of its last instant."""
        text = self.given[name]
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            if ends and found.time() == time() and "T" not in text and " " not in text:
                found += timedelta(days=1)
            placed = found if found.tzinfo else found.replace(tzinfo=zone)
            return placed.astimezone(UTC)
        except (ValueError, OverflowError):
            self.problems[name] = f"{shortened(text)} is no date such as 2026-11-29"
            return None

    def _status(self, statuses: Sequence[str]) -> str | None:
        given = self.given["status"]
        if given and given not in statuses:
            self.problems["status"] = f"There is no status {shortened(given)}: choose one"
        return given or None

    def _room(self) -> str | None:
        given = self.given["room"]
        if not given:
            return None
        room: Row | None = fetch_room(self._database, given)
        sid = room["sid"] if room else written(given, "RM")
        if sid is None:
            self.problems["room"] = f"There is no room {shortened(given)}: give its name or its sid"
        return sid

    def _sid(self, prefixes: Sequence[str]) -> str | None:
        given = self.given["sid"]
        if not given or not prefixes:
            return None
        for prefix in prefixes:
            if sid := written(given, prefix):
                return sid
        self.problems["sid"] = f"A sid of these is {' or '.join(prefixes)} and 32 hex digits"
        return None
