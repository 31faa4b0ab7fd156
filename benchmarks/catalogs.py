"""What commits and lookups cost: python benchmarks/catalogs.py [FOLDER]

FOLDER is on the disk that is to be measured; unset: a temporary one.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import pyarrow.parquet as pq

from roomreel.catalog import parquet
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.tables import Partition, Row, Table, tabled

DAY = date(2026, 11, 20)
START = datetime(2026, 11, 20, tzinfo=UTC)
HERE, NEW, ROUNDS = 100_000, 1000, 7


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


def by_sid(row: Row) -> str:
    return str(row["sid"])


def write(catalog: Path, partition: Partition, rows: list[Row]) -> None:
    """Write a partition without the journal."""
    file = catalog / partition.folder / "part.parquet"
    file.parent.mkdir(parents=True)
    full = [{"rev": 1, **row} for row in sorted(rows, key=by_sid)]
    file.write_bytes(parquet.encode(tabled(partition.table, full)))


def commits(root: Path, table: Table, make: Callable[[int, datetime], Row]) -> None:
    catalog = Catalog.open(root / "catalog", root / "journal")
    partition = Partition(table, DAY)
    write(root / "catalog", partition, [make(number, START) for number in range(HERE)])
    took = []
    for number in range(ROUNDS):
        first = HERE + number * NEW
        rows = [make(n, START + timedelta(days=1)) for n in range(first, first + NEW)]
        with timed(took):
            assert catalog.commit(partition, rows).lost == {}
    again = [row | {"updated_at": START + timedelta(days=2)} for row in rows]
    changed: list[float] = []
    with timed(changed):
        catalog.commit(partition, again)
    file = root / "catalog" / partition.folder / "part.parquet"
    count = pq.read_metadata(file).num_rows
    assert count == HERE + ROUNDS * NEW, count
    print(
        f"commit of {NEW} new {table} beside {HERE}: median {median(took):.3f} s, "
        f"most {max(took):.3f} s; of {NEW} changed ones {changed[0]:.3f} s; "
        f"file {file.stat().st_size / 1e6:.0f} MB"
    )


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    start = time.perf_counter()
    yield
    into.append(time.perf_counter() - start)


def main(root: Path) -> None:
    makers = {Table.COMPOSITIONS: composition, Table.RECORDINGS: recording, Table.ROOMS: room}
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for table, make in makers.items():
        commits(root / table, table, make)


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp(dir=sys.argv[1] if len(sys.argv) > 1 else None))
    try:
        main(folder)
    finally:
        shutil.rmtree(folder)
