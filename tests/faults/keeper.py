"""A store of compositions, and a process that deletes and purges them one after the other.

    keeper.py ROOT FIRST

Composition number n is deleted on day n, and purged three days later; after each deletion the
retention run of that day follows. Started again, it goes on with FIRST. It prints a line before it
begins.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from roomreel.catalog.catalog import Catalog
from roomreel.maintenance.removal import remove_all
from roomreel.maintenance.retention import retain
from roomreel.model.composition import composition_sid
from roomreel.model.table import Partition, Row, Table, day_of
from roomreel.settings import Settings

END = datetime(2026, 11, 20, 9, tzinfo=UTC)
GRACE_DAYS = 3
COUNT = 400


def settings(root: Path) -> Settings:
    return Settings(store=root, media_roots=[str(root)], retention_days=GRACE_DAYS)


def catalog(root: Path) -> Catalog:
    return Catalog.open(root / "catalog", root / "journal")


def day(number: int) -> datetime:
    return END + timedelta(days=1 + number)


def room_sid(number: int) -> str:
    return f"RM{number:032x}"


def digest(number: int) -> str:
    return hashlib.sha256(b"%d" % number).hexdigest()


def sid(number: int) -> str:
    return composition_sid(room_sid(number), END, "grid", digest(number))


def medium(root: Path, number: int) -> Path:
    return root / "compositions" / "date=2026-11-20" / f"{sid(number)}.mp4"


def make(root: Path) -> None:
    """Write down COUNT rooms with a composition each."""
    (root / "compositions" / "date=2026-11-20").mkdir(parents=True)
    common: Row = {"status": "completed", "updated_at": END}
    rooms, compositions = [], []
    for number in range(COUNT):
        medium(root, number).write_bytes(b"media")
        rooms.append(common | {"sid": room_sid(number), "end_time": END})
        told = {"room_sid": room_sid(number), "template": "grid", "size_bytes": 5}
        told |= {"sid": sid(number), "template_sha256": digest(number)}
        compositions.append(common | told | {"media_url": str(medium(root, number))})
    for table, rows in ((Table.ROOMS, rooms), (Table.COMPOSITIONS, compositions)):
        catalog(root).commit(Partition(table, day_of(END)), rows)


def main(root: Path, first: int) -> None:
    print("ready", flush=True)
    for number in range(first, COUNT):
        remove_all(catalog(root), Table.COMPOSITIONS, [sid(number)], settings(root), day(number))
        retain(settings(root), day(number))
        print(number, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
