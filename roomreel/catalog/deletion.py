"""Rows that are deleted, and rows that are purged.

A deleted row stays, and says so, for as long as the settings say; what was composed of its room is
not made again. Purged, no byte of it is left in catalogs and journal. What is remembered then is in
the row of its room, which is never purged: the digest of the template, or of the recording's sid;
and for readers that keep a copy, in the table of attempts: that a row was purged, by its digest.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from roomreel.catalog import attempts
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.files import journal
from roomreel.catalog.rows import Stamp, nightly_template
from roomreel.model.table import DELETABLE, Partition, Row, Table, purged_digest

FORGOTTEN = "RT" + "0" * 32
"""Stands in compositions for recordings that were purged."""

_TICK = timedelta(microseconds=1)


def delete(catalog: Catalog, table: Table, sids: Iterable[str], now: datetime) -> list[Row]:
    """Mark rows as deleted, one commit a date; those that are already stay as they are.

    Returns:
        The rows as they stand, in the order of their sids; sids without a row are left out.

    Raises:
        StorageFailed: a commit failed; the ones before it are done.
        CatalogError: likewise.
    """
    by_day: dict[date, list[str]] = defaultdict(list)
    for sid, day in catalog.reader.days_of(table, sids).items():
        by_day[day].append(sid)
    standing: dict[str, Row] = {}
    for day, of_day in sorted(by_day.items()):
        rows = catalog.find(table, of_day, [day])
        if table is Table.RECORDINGS:
            _delete_talk(catalog, day, rows.values(), now)
        changes = [_deleted(row, now) for row in rows.values() if row["status"] != "deleted"]
        if changes:
            catalog.commit(Partition(table, day), changes)
        standing |= rows | {row["sid"]: row for row in changes}
    return [standing[sid] for sid in sorted(standing)]


def _delete_talk(catalog: Catalog, day: date, rows: Iterable[Row], now: datetime) -> None:
    """Mark the talk in recordings as deleted, before they are: no kill leaves it behind."""
    found = catalog.read(Table.TALK, _is_talk_of(rows), days=[day]).to_pylist()
    changes = [_deleted(row, now) | {"turns": []} for row in found if row["status"] != "deleted"]
    if changes:
        catalog.commit(Partition(Table.TALK, day), changes)


def _is_talk_of(recordings: Iterable[Row]) -> pc.Expression:
    """Return the talk of the participants of recordings in their rooms."""
    where = pc.scalar(False)
    for room, people in _people(recordings).items():
        people_of_room = pa.array(sorted(people), pa.string())
        where |= (pc.field("room_sid") == room) & pc.field("participant_sid").isin(people_of_room)
    return where


def _people(recordings: Iterable[Row]) -> dict[str, set[str]]:
    people: dict[str, set[str]] = defaultdict(set)
    for row in recordings:
        people[row["room_sid"]].add(row["participant_sid"])
    return people


def due_for_purge(catalog: Catalog, deleted_by: datetime) -> dict[Partition, list[Row]]:
    """Return the rows that were deleted at an instant or before, by partition.

    Raises:
        StorageFailed: a table cannot be read.
        CatalogError: likewise.
    """
    due = {
        Partition(table, day): catalog.read(table, _is_due(deleted_by), days=[day]).to_pylist()
        for table in DELETABLE
        for day in catalog.reader.days(table)
    }
    return {partition: rows for partition, rows in due.items() if rows}


def purge(
    catalog: Catalog, partition: Partition, rows: list[Row], deleted_by: datetime, now: datetime
) -> None:
    """Remove the rows of a partition that were deleted at an instant or before.

    Before they go, their rooms record what is not to come back, attempts that there was a purge,
    and whatever else has their sids forgets those: a kill in between loses nothing, and doing it
    again does what is left.

    Args:
        rows: those, as `due_for_purge` found them.
        now: when their rooms' rows are written.

    Raises:
        StorageFailed: a commit failed.
        CatalogError: likewise.
    """
    rooms = sorted({row["room_sid"] for row in rows} - {None})
    for day in sorted(catalog.days_of_rooms(rooms)):  # a composition may be of another one
        known = catalog.find(Table.ROOMS, rooms, [day])
        changes = _remembering(known, partition.table, rows, now)
        if changes:
            catalog.commit(Partition(Table.ROOMS, day), changes)
    sids = [row["sid"] for row in rows]
    tried = Partition(Table.ATTEMPTS, partition.day)
    catalog.append(tried, [attempts.of_purge(sid, Stamp(now)) for sid in sids])
    if partition.table is Table.RECORDINGS:
        _purge_talk(catalog, partition.day, rows, now)
        _forget(catalog, partition.day, rooms, sids)
    else:
        gone = pc.field("composition_sid").isin(pa.array(sids, pa.string()))
        catalog.store.rewrite(tried, lambda table: table.filter(~gone))
    catalog.store.rewrite(partition, lambda table: table.filter(_stays(deleted_by)))


def _purge_talk(catalog: Catalog, day: date, recordings: Iterable[Row], now: datetime) -> None:
    """Remove the talk that recordings told of."""
    partition, gone = Partition(Table.TALK, day), _is_talk_of(recordings)
    sids = catalog.read(Table.TALK, gone, ["sid"], [day])["sid"].to_pylist()
    if sids:
        tried = Partition(Table.ATTEMPTS, day)
        catalog.append(tried, [attempts.of_purge(str(sid), Stamp(now)) for sid in sids])
        catalog.store.rewrite(partition, lambda table: table.filter(~gone))


def purged_on(catalog: Catalog, day: date) -> set[str]:
    """Return the digests of what was purged of a day: see `purged_digest`.

    Raises:
        StorageFailed: they cannot be read.
        CatalogError: likewise.
    """
    is_purged = pc.field("status") == "purged"
    rows = catalog.read(Table.ATTEMPTS, is_purged, ["purged_sha256"], [day])
    return {str(digest) for digest in rows["purged_sha256"].to_pylist()}


def _is_due(deleted_by: datetime) -> pc.Expression:
    """Return rows deleted at an instant or before."""
    return (pc.field("status") == "deleted") & (pc.field("date_deleted") <= instant(deleted_by))


def _stays(deleted_by: datetime) -> pc.Expression:
    """Return the others; among them those that were deleted, when is not known."""
    deleted = pc.field("date_deleted")
    return (pc.field("status") != "deleted") | deleted.is_null() | (deleted > instant(deleted_by))


def _forget(catalog: Catalog, day: date, rooms: Collection[str], sids: Collection[str]) -> None:
    """Black out the sids of recordings wherever compositions, attempts and documents name them.

    Args:
        day: of the recordings.
        rooms: of theirs.
        sids: of the recordings.
    """
    for table, days in _days_of_users(catalog, rooms, sids).items():
        for one in sorted({day, *days}):
            users = Partition(table, one)
            catalog.store.rewrite(users, partial(_forgetting, users, rooms, sids))


def _days_of_users(
    catalog: Catalog, rooms: Collection[str], sids: Collection[str]
) -> dict[Table, set[date]]:
    """Return the days of compositions and attempts of these rooms, and of documents that name sids.

    A composition that was asked for may be of any day, of one before that of its room, too, where
    the room still went on. So one column of all days is looked at, which takes a second for a
    thousand of them on a disk. Only a purge of recordings does so, which are deleted by hand.
    """
    of_rooms = pc.field("room_sid").isin(pa.array(sorted(rooms), pa.string()))
    composed: set[date] = {
        row["date"] for row in catalog.read(Table.COMPOSITIONS, of_rooms, ["date"]).to_pylist()
    }
    columns = ["document", "message", "room_name", "date"]
    about = of_rooms | ~pc.field("document").is_null()
    attempted = catalog.read(Table.ATTEMPTS, about, columns).to_pylist()
    naming = {row["date"] for row in attempted if any(sid in str(row) for sid in sids)}
    return {Table.COMPOSITIONS: composed, Table.ATTEMPTS: composed | naming}


def _forgetting(
    partition: Partition, rooms: Collection[str], sids: Iterable[str], table: pa.Table
) -> pa.Table:
    """Return the rows, in those of some rooms or of none the sids blacked out, texts included."""
    room = pc.field("room_sid")
    of_rooms = room.isin(pa.array(sorted(rooms), pa.string())) | room.is_null()
    rows = table.filter(of_rooms).to_pylist()
    entry = journal.encode(partition, rows)
    blacked = re.sub("|".join(map(re.escape, sids)).encode(), FORGOTTEN.encode(), entry)
    if blacked == entry:
        return table
    changed = _renewed(rows, journal.decode(partition, "purge", blacked))
    others = table.filter(~of_rooms)
    return pa.concat_tables([others, changed]).sort_by("sid")


def _renewed(before: Sequence[Row], after: pa.Table) -> pa.Table:
    """Return the rows after a change, `rev` of those that it changed one higher."""
    revs = [row["rev"] + (row != now) for row, now in zip(before, after.to_pylist(), strict=True)]
    position = after.schema.get_field_index("rev")
    return after.set_column(position, after.field(position), pa.array(revs, pa.int64()))


def instant(when: datetime) -> pa.Scalar[Any]:
    """Return an instant, to compare columns with."""
    return pa.scalar(when, pa.timestamp("us", "UTC"))


def changed_at(row: Row, now: datetime) -> Row:
    """Return when a change of a row is written: later than what it changes, whatever clocks say."""
    return {"updated_at": max(now, row["updated_at"] + _TICK)}


def _deleted(row: Row, now: datetime) -> Row:
    return row | {"status": "deleted", "date_deleted": now} | changed_at(row, now)


def _remembering(
    known: Mapping[str, Row], table: Table, rows: Iterable[Row], now: datetime
) -> list[Row]:
    """Return the rows of rooms with what is to be remembered of purged rows, where that is new."""
    column, digest = _MEMORY[table]
    added: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        room = known.get(row["room_sid"])
        if room is not None and (remembered := digest(row, room)) is not None:
            added[room["sid"]].add(remembered)
    return [
        known[sid] | {column: sorted(digests)} | changed_at(known[sid], now)
        for sid, digests in added.items()
        if not digests <= set(known[sid][column] or ())
    ]


def _of_composition(row: Row, room: Row) -> str | None:
    return nightly_template(row, room["end_time"])


def _of_recording(row: Row, _room: Row) -> str:
    return purged_digest(row["sid"])


_MEMORY = {
    Table.COMPOSITIONS: ("templates_done", _of_composition),
    Table.RECORDINGS: ("recordings_purged", _of_recording),
}
