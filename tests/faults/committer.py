"""A process that commits to one date of the rooms and may kill itself in the middle.

    committer.py CATALOG JOURNAL WRITER FIRST COUNT [STEP]

Commit number n writes one row of its own (`RM-<writer>-<n>`) and all 40 shared rows with the same
`duration_ms` n: whoever sees shared rows that differ has seen a torn state. With STEP, the process
is killed (SIGKILL) when it reaches that step for the first time. CATALOG and JOURNAL may be in S3,
where there are no steps. It prints a line when it begins, and one after each commit.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from roomreel.catalog.backends.choose import choose_backend
from roomreel.catalog.backends.local import LocalBackend
from roomreel.catalog.store import Store
from roomreel.model.table import Partition, Row, Table
from roomreel.storage.location import is_remote, location_of

PARTITION = Partition(Table.ROOMS, date(2026, 11, 20))
SHARED = [f"RM{number:02d}" for number in range(40)]


def rows(writer: str, number: int) -> list[Row]:
    at = datetime(2026, 11, 21, tzinfo=UTC) + timedelta(seconds=number)
    one = {"status": "completed", "updated_at": at, "duration_ms": number, "unique_name": writer}
    return [one | {"sid": sid} for sid in [f"RM-{writer}-{number}", *SHARED]]


def main(catalog: str, journal: str, writer: str, first: str, count: str, fatal: str = "") -> None:
    def step(name: str) -> None:
        if name == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    store = Store(
        choose_backend(location_of(catalog), location_of(journal))
        if is_remote(catalog)
        else LocalBackend(Path(catalog), Path(journal), step)
    )
    print("ready", flush=True)
    for number in range(int(first), int(first) + int(count)):
        store.commit(PARTITION, rows(writer, number))
        print(number, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
