"""Pages of lists, newest first, by key: rows that come in meanwhile are in none twice.

The order is that of (date created, sid). A token says after which row a page begins, not how many
rows are before it. Each page is one statement, which sees one state of the database.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Select, Table, literal, select, tuple_, union_all

from roomreel.errors import ArgumentsInvalid
from roomreel.model.table import Row
from roomreel.model.time import EPOCH
from roomreel.service.database.columns import Instant
from roomreel.service.database.connections import Database

LARGEST_PAGE = 100

_TICK = timedelta(microseconds=1)
_LONGEST_TOKEN = 200
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
# 1900 years, before and after 1970: within the calendar of Python.
_LATEST = 1900 * 365 * 86_400 * 10**6


class Key(NamedTuple):
    """The place of a row in a list."""

    date_created: datetime
    sid: str


@dataclass(frozen=True, slots=True)
class Span:
    """The part of a list that is asked for.

    Attributes:
        older_than: only rows that come after it; None: from the newest on.
        newer_than: only rows that come before it; None: to the oldest.
        is_included: whether the row of `newer_than` itself is in it.
        is_backward: the rows nearest to `newer_than` are wanted, not the newest ones.
    """

    older_than: Key | None = None
    newer_than: Key | None = None
    is_included: bool = False
    is_backward: bool = False

    def of(self, table: Table, statement: Select[Any], limit: int | None = None) -> Select[Any]:
        """Return the statement for the rows of a table in this part, by its index."""
        created, sid = table.c.date_created, table.c.sid
        for condition in self._conditions(created, tuple_(created, sid)):
            statement = statement.where(condition)
        order = (created, sid) if self.is_backward else (created.desc(), sid.desc())
        return statement.order_by(*order).limit(limit)

    def has(self, key: Key) -> bool:
        """Return whether a row of this place is in it."""
        if self.older_than is not None and key >= self.older_than:
            return False
        least = self.newer_than
        return least is None or key > least or (self.is_included and key == least)

    def _conditions(self, created: ColumnElement[Any], key: Any) -> list[ColumnElement[bool]]:
        # The one of dates says nothing more; PostgreSQL has no idea how many rows the other leaves.
        conditions = []
        if self.older_than is not None:
            conditions += [created <= self.older_than.date_created, key < _bound(self.older_than)]
        if self.newer_than is not None:
            least = _bound(self.newer_than)
            conditions.append(created >= self.newer_than.date_created)
            conditions.append(key >= least if self.is_included else key > least)
        return conditions


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list.

    Attributes:
        rows: newest first.
        next: token of the page of older rows; None where there are none.
        previous: token of the page of newer ones; None likewise. The one that a token led from is
            not looked at: since then all of its rows may have gone.
    """

    rows: Sequence[Row]
    next: str | None
    previous: str | None


Statements = Callable[[Span, int], Sequence[Select[Any]]]
"""Returns the statements whose rows are those of a part of a list, at most so many of each.

Their columns are the same, `date_created` and `sid` among them.
"""


def find_page(
    database: Database,
    statements: Statements,
    unpack: Callable[[Any], Row],
    within: Span,
    size: int,
    token: str | None = None,
    largest: int = LARGEST_PAGE,
) -> Page:
    """Return a page of a list.

    Args:
        unpack: makes what is listed of a row of the statements.
        within: the part of the list that filters leave, by dates.
        token: of a page before, its `next` or `previous`; None: the first page.

    Raises:
        ArgumentsInvalid: the size is out of range, or the token none of ours.
        ServiceDatabaseFailed: the database does not answer.
    """
    if not 1 <= size <= largest:
        raise ArgumentsInvalid(f"PageSize is {size}", f"ask for 1 to {largest} rows a page")
    span = within if token is None else _narrowed(within, token)
    with database.read() as connection:
        found = _fetch(connection, statements, span, size + 1)
        more, found = len(found) > size, found[:size]
        if span.is_backward:
            found.reverse()
        keys = [Key(row.date_created, row.sid) for row in found]
        previous, following = _beside(span, keys, more=more)
    # Where a token led from, there was something; by now it may be an empty page.
    previous = None if token is None else previous
    return Page([unpack(row) for row in found], following, previous)


def page_of_rows(rows: Sequence[Row], within: Span, size: int, token: str | None = None) -> Page:
    """Return a page of a list whose rows are all at hand, by their `date_created` and `sid`.

    Args:
        within, token: as of `find_page`.

    Raises:
        ArgumentsInvalid: the token is none of ours.
    """
    span = within if token is None else _narrowed(within, token)
    by_key = {Key(row["date_created"], row["sid"]): row for row in rows}
    keys = sorted(filter(span.has, by_key), reverse=not span.is_backward)
    more, keys = len(keys) > size, keys[:size]
    if span.is_backward:
        keys.reverse()
    previous, following = _beside(span, keys, more=more)
    previous = None if token is None else previous
    return Page([by_key[key] for key in keys], following, previous)


def fetch_all(connection: Connection, statements: Sequence[Select[Any]]) -> list[Any]:
    """Return the rows of statements, of one state of the database."""
    if len(statements) == 1:
        return list(connection.execute(statements[0]))
    # Each by itself, as some take no ORDER BY within a union.
    parts = (select(statement.subquery()) for statement in statements)
    return list(connection.execute(union_all(*parts)))


def between(after: datetime | None, before: datetime | None) -> Span:
    """Return the part of a list that was created at an instant or after, and before another."""
    return Span(
        older_than=None if before is None else Key(before, ""),
        newer_than=None if after is None else Key(after, ""),
        is_included=True,
    )


def _fetch(connection: Connection, statements: Statements, span: Span, limit: int) -> list[Any]:
    rows = fetch_all(connection, statements(span, limit))
    rows.sort(key=lambda row: (row.date_created, row.sid), reverse=not span.is_backward)
    return rows[:limit]


def _beside(span: Span, keys: Sequence[Key], *, more: bool) -> tuple[str | None, str | None]:
    """Return the tokens of the pages before and after one, as far as the rows say."""
    if not keys:
        if span.is_backward or span.older_than is None:
            return None, None
        return _token("since", span.older_than), None
    newer, older = _token("newer", keys[0]), _token("older", keys[-1])
    if span.is_backward:
        return (newer if more else None), older
    return newer, (older if more else None)


def _narrowed(within: Span, token: str) -> Span:
    """Return the part of a list that a token leads to.

    Raises:
        ArgumentsInvalid: it is none of ours.
    """
    kind, key = _read(token)
    if kind == "older":
        older = key if within.older_than is None else min(key, within.older_than)
        return replace(within, older_than=older)
    back = Span(within.older_than, key, is_included=kind == "since", is_backward=True)
    if within.newer_than is not None and within.newer_than > key:
        return replace(back, newer_than=within.newer_than, is_included=within.is_included)
    return back


def _token(kind: str, key: Key) -> str:
    micros = (key.date_created - EPOCH) // _TICK
    data = orjson.dumps([kind, micros, key.sid])
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _read(token: str) -> tuple[str, Key]:
    try:
        padded = token[:_LONGEST_TOKEN].encode("ascii") + b"=" * (-len(token) % 4)
        data = orjson.loads(base64.b64decode(padded, b"-_", validate=True))
    except ValueError as error:
        raise _unknown() from error
    match data:
        case ["older" | "newer" | "since" as kind, int(micros), str(sid)]:
            if abs(micros) <= _LATEST and (not sid or _SID.fullmatch(sid)):
                return kind, Key(EPOCH + micros * _TICK, sid)
    raise _unknown()


def _unknown() -> ArgumentsInvalid:
    return ArgumentsInvalid(
        "PageToken is none that a list has given", "follow next_page_url of a reply"
    )


def _bound(key: Key) -> Any:
    return tuple_(literal(key.date_created, Instant()), literal(key.sid))
