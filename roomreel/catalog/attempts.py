"""Attempts: outcomes with their times, in a table to which rows are only added. Pure.

The other tables say how things are; a row here says what an outcome once was: of a composition, of
a document that could not be read, or of a row that was purged. The sid of a row is a digest of what
it is about, so that one outcome has one row, however often it is recorded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from roomreel.catalog.rows import Stamp, stamped
from roomreel.model.composition import Outcome
from roomreel.model.table import Partition, Row, Table, composition_day, day_of, purged_digest
from roomreel.redaction import redacted

# Of the row of a composition: what the attempt has of it, by the names there.
_OF_COMPOSITION = {
    "composition_sid": "sid",
    "room_sid": "room_sid",
    "room_name": "room_name",
    "template": "template",
    "code": "failure_code",
    "message": "failure_message",
}

ABOUT = tuple(_OF_COMPOSITION.values())
"""Columns of a composition that its attempts have."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A manifest or a template that could not be read, and why."""

    document: str
    code: str
    message: str


def of_outcome(outcome: Outcome, row: Row, stamp: Stamp) -> Row:
    """Return the attempt that an outcome is.

    Args:
        outcome: of a composition.
        row: of that composition.
        stamp: of this run.
    """
    return of_row(row, outcome.date_completed or stamp.updated_at, stamp)


def of_document(unread: Unread, stamp: Stamp) -> Row:
    """Return the attempt at a document that could not be read."""
    why = {"code": unread.code, "message": redacted(unread.message)}
    about = {"document": unread.document} | why
    return _attempt(unread.document, stamp.updated_at, "failed", stamp, about)


def of_purge(sid: str, stamp: Stamp) -> Row:
    """Return the row that stands for one that is purged; it does not hold the sid."""
    digest = purged_digest(sid)
    row = stamped(sid_of(digest, "purged"), "purged", stamp, {"purged_sha256": digest})
    return row | {"time": stamp.updated_at}


def of_row(row: Row, ended: datetime, stamp: Stamp) -> Row:
    """Return the attempt that the row of a composition records.

    Args:
        row: with `status` and the columns of `ABOUT`.
        ended: when the attempt did.
        stamp: of the run that made it.
    """
    about = {name: row.get(column) for name, column in _OF_COMPOSITION.items()}
    return _attempt(row["sid"], ended, row["status"], stamp, about)


def partition_of(row: Row) -> Partition:
    """Return where the attempt at a composition or a document belongs."""
    return Partition(Table.ATTEMPTS, day_of_attempt(row["composition_sid"], row["time"]))


def day_of_attempt(composition_sid: str | None, time: datetime) -> date:
    """Return the day of a composition, or else the one on which a document was not read."""
    return composition_day(composition_sid) if composition_sid else day_of(time)


def sid_of(*parts: str) -> str:
    """Return the sid of the attempt that these parts decide."""
    return f"AT{hashlib.sha256(_joined(parts)).hexdigest()[:32]}"


def _joined(parts: Iterable[str]) -> bytes:
    return "\n".join(parts).encode("utf-8", "replace")


def _attempt(what: str, time: datetime, status: str, stamp: Stamp, about: Row) -> Row:
    sid = sid_of(what, time.isoformat(), status, about.get("code") or "")
    return stamped(sid, status, stamp, {"time": time, "composition_sid": None} | about)
