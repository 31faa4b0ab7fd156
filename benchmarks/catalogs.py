"""What commits and lookups cost: python benchmarks/catalogs.py [PLACE]

PLACE is a folder on the disk that is to be measured, or s3://bucket/prefix; unset: a temporary
folder. A folder `benchmark-<random>` below it is made, and removed at the end.
"""

from __future__ import annotations

import hashlib
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from statistics import median

import pyarrow as pa

from roomreel.catalog.backends.choose import choose_backend
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.files import parquet
from roomreel.catalog.schema.tables import tabled
from roomreel.model.location import Location, ObjectLocation
from roomreel.model.table import Partition, Row, Table
from roomreel.storage import remove
from roomreel.storage.location import location_of
from roomreel.storage.stores import store_of

DAY = date(2026, 11, 20)
START = datetime(2026, 11, 20, tzinfo=UTC)
HERE, NEW, ROUNDS = 100_000, 1000, 7
A_DAY, DATES = 33_334, 30
NIGHT, SHARD = 10_000, 500


def digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def room(number: int, at: datetime) -> Row:
    sid = f"RM{digest('room', number)[:32]}"
    chance = random.Random(number)
    return {
        "sid": sid,
        "status": "completed",
        "updated_at": at,
        "unique_name": f"call-{number}",
        "type": "group",
        "date_created": at,
        "end_time": at + timedelta(seconds=chance.randrange(3600)),
        "participant_count": 3,
        "recording_count": 6,
        "source_bytes": chance.randrange(10**9),
        "manifest_url": f"/srv/rooms/{sid}/room.json",
        "manifest_sha256": digest(sid),
        "templates_done": [digest("template")],
    }


def recording(number: int, at: datetime) -> Row:
    sid, room_sid = f"RT{digest('rec', number)[:32]}", f"RM{digest('room', number // 6)[:32]}"
    chance = random.Random(number)
    measured = ("start_ms", "end_ms", "duration_ms", "frame_count", "gap_ms", "claimed_size_bytes")
    return {
        "sid": sid,
        "status": "completed",
        "updated_at": at,
        "room_sid": room_sid,
        "room_name": f"call-{number // 6}",
        "participant_sid": f"PA{digest('pa', number)[:32]}",
        "participant_identity": f"user-{number % 5000}",
        "source_sid": f"MT{digest('mt', number)[:32]}",
        "track_name": "camera",
        "type": "video",
        "date_created": at,
        "container_format": "mkv",
        "codec": "VP8",
        "media_url": f"/srv/rooms/{room_sid}/{sid}.mkv",
        "size_bytes": chance.randrange(10**8),
        "width": 640,
        "height": 480,
        "drift_ppm": chance.random(),
        "warnings": [{"code": "timestamp-gap", "message": f"{chance.randrange(99)} s without one"}],
    } | {name: chance.randrange(10**6) for name in measured}


def composition(number: int, at: datetime) -> Row:
    """They end over the day, one after the other, as their numbers do modulo the day."""
    chance = random.Random(number)
    end_ms = int(START.timestamp() * 1000) + number * 7919 % 86_400_000
    sid = f"CJ{end_ms:012x}{digest('cj', number)[:20]}"
    return {
        "sid": sid,
        "status": "completed",
        "updated_at": at,
        "flow_run_id": "5f0c3f4e-8d4c-4c7e-9d8e-1f2a3b4c5d6e",
        "room_sid": f"RM{digest('room', number)[:32]}",
        "room_name": f"call-{number}",
        "template": "grid",
        "template_sha256": digest("template"),
        "template_json": '{"friendly_name":"grid"}' * 8,
        "inputs_sha256": digest("inputs", number),
        "date_created": at,
        "date_completed": at + timedelta(seconds=number % 600),
        "width": 1280,
        "height": 720,
        "format": "mp4",
        "frame_rate": "30/1",
        "frame_count": chance.randrange(10**5),
        "duration_ms": chance.randrange(10**7),
        "size_bytes": chance.randrange(10**9),
        "media_url": f"/srv/store/compositions/date=2026-11-20/{sid}.mp4",
        "media_sha256": digest("media", number),
        "recordings": [
            {
                "recording_sid": f"RT{digest('rec', 6 * number + track)[:32]}",
                "type": "video",
                "start_ms": chance.randrange(10**6),
                "end_ms": chance.randrange(10**6),
                "shown_ms": chance.randrange(10**6),
            }
            for track in range(6)
        ],
        "warnings": [{"code": "timestamp-gap", "message": f"{chance.randrange(99)} s without one"}],
        "render_s": chance.random() * 100,
        "attempts": 1,
    }


def write(root: Location, partition: Partition, table: pa.Table) -> None:
    """Write a partition without the journal."""
    backend = choose_backend(root / "catalog", root / "journal")
    data = parquet.encode(table.sort_by("sid"))
    assert backend.replace(partition, data, None)


def rows_of(table: Table, rows: list[Row]) -> pa.Table:
    return tabled(table, [{"rev": 1, **row} for row in rows])


def opened(root: Location) -> Catalog:
    return Catalog.open(root / "catalog", root / "journal")


def commits(root: Location, table: Table, make: Callable[[int, datetime], Row]) -> None:
    """One date of 100 000 rows, to which thousands are added."""
    catalog, partition = opened(root), Partition(table, DAY)
    here = rows_of(table, [make(number, START) for number in range(HERE)])
    write(root, partition, here)
    took, changed = [], []
    for number in range(ROUNDS):
        first = HERE + number * NEW
        rows = [make(n, START + timedelta(days=1)) for n in range(first, first + NEW)]
        with timed(took):
            assert catalog.commit(partition, rows).lost == {}
    again = [row | {"updated_at": START + timedelta(days=2)} for row in rows]
    with timed(changed):
        catalog.commit(partition, again)
    count = catalog.read(table, columns=["sid"]).num_rows
    assert count == HERE + ROUNDS * NEW, count
    print(
        f"commit of {NEW} new {table} beside {HERE}: median {median(took):.3f} s, "
        f"most {max(took):.3f} s; of {NEW} changed ones {changed[0]:.3f} s",
        flush=True,
    )


def lookups(root: Location) -> None:
    """A million recordings over 30 dates; as `roomreel show` does it, recovery included."""
    of_day = rows_of(Table.RECORDINGS, [recording(number, START) for number in range(A_DAY)])
    position = of_day.schema.get_field_index("sid")
    for number in range(DATES):
        sids = pa.array([f"RT{digest(number, n)[:32]}" for n in range(A_DAY)])
        partition = Partition(Table.RECORDINGS, DAY + timedelta(days=number))
        write(root, partition, of_day.set_column(position, "sid", sids))
    took: list[float] = []
    for number in range(DATES):
        sid = f"RT{digest(number, 7 * number)[:32]}"
        with timed(took):
            catalog = opened(root)
            catalog.recover()
            assert catalog.lookup(sid)
    print(
        f"lookup in {A_DAY * DATES} recordings of {DATES} dates: first {took[0]:.3f} s, "
        f"median {median(took):.3f} s, most {max(took):.3f} s",
        flush=True,
    )


def night(root: Location) -> None:
    """10 000 compositions of one date with their rooms and 60 000 recordings, in shards."""
    catalog = opened(root)
    took: list[float] = []
    for first in range(0, NIGHT, SHARD):
        numbers = range(first, first + SHARD)
        tracks = range(6 * first, 6 * (first + SHARD))
        shard = {
            Table.COMPOSITIONS: [composition(number, START) for number in numbers],
            Table.RECORDINGS: [recording(number, START) for number in tracks],
            Table.ROOMS: [room(number, START) for number in numbers],
        }
        for table, rows in shard.items():
            with timed(took):
                catalog.commit(Partition(table, DAY), rows)
    assert catalog.read(Table.COMPOSITIONS, columns=["sid"]).num_rows == NIGHT
    print(
        f"a night of {NIGHT} compositions in shards of {SHARD}: {len(took)} commits, "
        f"{sum(took):.1f} s, the longest {max(took):.2f} s",
        flush=True,
    )


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    into.append(time.perf_counter() - start)


def main(root: Location) -> None:
    makers = {Table.COMPOSITIONS: composition, Table.RECORDINGS: recording, Table.ROOMS: room}
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {root}", flush=True)
    for table, make in makers.items():
        commits(root / table, table, make)
    lookups(root / "lookups")
    night(root / "night")


def removed(root: Location) -> None:
    if isinstance(root, ObjectLocation):
        for found in store_of(root).list(root):
            remove(found.location)
    else:
        shutil.rmtree(root)


if __name__ == "__main__":
    place = location_of(sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir())
    root = place / f"benchmark-{secrets.token_hex(4)}"
    try:
        main(root)
    finally:
        removed(root)
