"""The days on which rooms have their rows: the bytes of the index of rooms. Pure.

A Parquet file of two columns: a day, and the digest of a room. Eight bytes keep a million rooms
apart but for one chance in ten million, and two that are taken for one cost a look at a file. The
versions of the files of the catalog in which rooms were found are in the metadata of the schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_COLUMNS: list[tuple[str, pa.DataType]] = [("date", pa.date32()), ("room", pa.uint64())]
_SCHEMA = pa.schema(_COLUMNS)
_VERSIONS = b"roomreel.rooms/1"


@dataclass(frozen=True, slots=True)
class RoomDays:
    """The rooms of some days.

    Attributes:
        versions: by day, of the file of the catalog that has no rooms but these.
        rooms: the days and digests.
    """

    versions: Mapping[date, str] = field(default_factory=dict)
    rooms: pa.Table = field(default_factory=_SCHEMA.empty_table)

    @classmethod
    def of(cls, day: date, version: str, sids: Iterable[str]) -> RoomDays:
        """Return the rooms of one day."""
        rooms = _digests(sids)
        days = pa.array([day] * len(rooms), pa.date32())
        return cls({day: version}, pa.table([days, rooms], schema=_SCHEMA))

    @classmethod
    def joined(cls, entries: Sequence[RoomDays]) -> RoomDays:
        """Return the rooms of entries that have no day in common."""
        versions = {day: version for one in entries for day, version in one.versions.items()}
        return cls(versions, pa.concat_tables([_SCHEMA.empty_table(), *(e.rooms for e in entries)]))

    def days_of(self, sids: Iterable[str], days: Collection[date]) -> set[date]:
        """Return those of some days on which one of these rooms may have its row."""
        has_one = pc.is_in(self.rooms["room"], value_set=_digests(sids))
        found = self.rooms.filter(has_one)["date"].unique().to_pylist()
        return {day for day in found if day is not None and day in days}

    def renewed(self, day: date, before: str, now: str, sids: Iterable[str]) -> RoomDays | None:
        """Return the rooms of a day after rows were added; None where they are not known.

        Args:
            before: the version to which they were added.
            now: the version that has them.
            sids: of the rooms that are in it now, as far as they are not in the other.
        """
        if self.versions.get(day) != before:
            return None
        there = self.rooms.filter(pc.field("date") == day)
        added = RoomDays.of(day, now, sids)
        rooms = pa.concat_tables([there, added.rooms]).group_by(["date", "room"]).aggregate([])
        return RoomDays(added.versions, rooms.select(_SCHEMA.names).cast(_SCHEMA))

    def __or__(self, later: RoomDays) -> RoomDays:
        """Return all days; of those that both have, what `later` has."""
        replaced = pa.array(list(later.versions), pa.date32())
        others = self.rooms.filter(pc.invert(pc.is_in(self.rooms["date"], value_set=replaced)))
        rooms = pa.concat_tables([others, later.rooms])
        return RoomDays({**self.versions, **later.versions}, rooms)


NO_DAYS = RoomDays()


def encode(days: RoomDays) -> bytes:
    """Return the bytes of an index."""
    versions = {day.isoformat(): version for day, version in days.versions.items()}
    rooms = days.rooms.sort_by("date").replace_schema_metadata({_VERSIONS: json.dumps(versions)})
    sink = pa.BufferOutputStream()
    # Digests are noise, which nothing makes smaller; the days of many rooms are one run.
    pq.write_table(rooms, sink, compression="zstd", use_dictionary=["date"])  # type: ignore[arg-type]  # stubs: bool
    return sink.getvalue().to_pybytes()


def decode(data: bytes | None) -> RoomDays:
    """Return an index of some bytes; one without days where there are none, or not an index's."""
    try:
        rooms = pq.read_table(pa.BufferReader(data or b""))
        versions = json.loads(rooms.schema.metadata[_VERSIONS])
        known = {date.fromisoformat(day): str(version) for day, version in versions.items()}
        return RoomDays(known, rooms.replace_schema_metadata().cast(_SCHEMA))
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, AttributeError):
        return NO_DAYS


def _digests(sids: Iterable[str]) -> pa.Array[Any]:
    digests = {int.from_bytes(hashlib.sha256(sid.encode()).digest()[:8], "big") for sid in sids}
    return pa.array(sorted(digests), pa.uint64())
