"""Catalogs in S3: what the port promises, and writers and readers that meet."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
import s3fs
from faulty import Faulty

from roomreel.catalog import deletion
from roomreel.catalog.backends.objects import ObjectBackend
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.files import parquet
from roomreel.catalog.schema.tables import tabled
from roomreel.errors import SettingsInvalid, StorageFailed
from roomreel.model.location import ObjectLocation
from roomreel.model.table import Partition, Row, Table
from roomreel.storage import s3
from roomreel.storage.location import parse
from roomreel.storage.s3 import conditional
from roomreel.storage.stores import remote_store_of

pytestmark = [pytest.mark.s3, pytest.mark.slow]

ROOMS = Partition(Table.ROOMS, date(2026, 11, 20))
OTHER = Partition(Table.COMPOSITIONS, date(2026, 11, 21))
COMMITTER = Path(__file__).parents[1] / "faults" / "committer.py"
SHARED = 40
Roots = tuple[ObjectLocation, ObjectLocation]
NIGHT = datetime(2026, 11, 21, 1, tzinfo=UTC)


@pytest.fixture
def roots(bucket: str) -> Roots:
    return ObjectLocation("s3", bucket, "store/catalog"), ObjectLocation(
        "s3", bucket, "store/journal"
    )


@pytest.fixture
def catalog(roots: Roots) -> Catalog:
    return Catalog.open(*roots)


def room(number: int, **columns: Any) -> Row:
    return {"sid": f"RM{number:032x}", "status": "completed", "updated_at": NIGHT} | columns


def test_a_store_whose_conditional_writes_do_not_work_is_refused(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no(folder: str) -> None:
        raise StorageFailed("conditional writes do not work")

    with monkeypatch.context() as patch:
        patch.setattr(conditional, "probe", no)
        with pytest.raises(StorageFailed, match="conditional writes"):
            catalog.commit(ROOMS, [room(1)])
        assert catalog.rows(Table.ROOMS) == []
    # The row waits in the journal.
    assert catalog.recover().entries == 1
    assert catalog.lookup(room(1)["sid"]) is not None


def test_recovery_tells_of_a_store_that_cannot_be_reached(bucket: str) -> None:
    gone = ObjectLocation("s3", f"{bucket}-not-there", "x")
    (problem,) = Catalog.open(gone, gone).recover().problems
    assert "no such bucket" in problem.message


def test_catalog_and_journal_of_two_kinds_are_refused(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="not of one kind"):
        Catalog.open(ObjectLocation("s3", bucket, "catalog"), tmp_path)


def test_what_is_of_today_costs_one_request(roots: Roots, proxy: Faulty) -> None:
    for number in range(8):
        partition = Partition(Table.ROOMS, date(2026, 10, 1 + number))
        Catalog.open(*roots).commit(partition, [room(number)])
    proxy.seen.clear()
    assert Catalog.open(*roots).upgrade() == (0, ())
    assert [(method, path.rpartition("/")[2]) for method, path in proxy.seen] == [
        ("GET", "catalog.json")
    ]
    # One without a marker is looked at once.
    s3.remove(f"{roots[0]}/catalog.json")
    assert Catalog.open(*roots).upgrade() == (0, ())
    proxy.seen.clear()
    assert Catalog.open(*roots).upgrade() == (0, ())
    assert len(proxy.seen) == 1


def test_requests_do_not_grow_with_the_archive(roots: Roots, proxy: Faulty) -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(150)]
    for number, day in enumerate(days):
        data = parquet.encode(tabled(Table.ROOMS, [room(number)]))
        s3.write(f"{roots[0]}/{Partition(Table.ROOMS, day)}/part.parquet", data)
    catalog = Catalog.open(*roots)
    assert catalog.upgrade() == (0, ())
    proxy.seen.clear()
    found = Catalog.open(*roots).find(Table.ROOMS, [room(7)["sid"], room(999)["sid"]])
    assert list(found) == [room(7)["sid"]]
    # A listing, the index, and one file: looked for, looked at, read.
    assert len(proxy.seen) <= 6, proxy.seen
    proxy.seen.clear()
    catalog.refuse_unrecordable(days)
    asked = Counter(method for method, _ in proxy.seen)
    # Of each file once by the reader that opens it; which ones there are, a listing says.
    assert asked["HEAD"] == len(days)


def test_rows_are_found_listed_queried_deleted_and_purged(catalog: Catalog) -> None:
    day = datetime(2026, 11, 20, 9, tzinfo=UTC)
    sid = f"CJ{round(day.timestamp() * 1000):012x}{0:020x}"
    row = room(0, sid=sid, template="grid", room_sid=room(1)["sid"])
    compositions = Partition(Table.COMPOSITIONS, day.date())
    catalog.commit(ROOMS, [room(1, unique_name="a", end_time=day), room(2)])
    catalog.commit(compositions, [row])
    found = catalog.lookup(room(1)["sid"])
    assert found is not None
    assert found["unique_name"] == "a"
    assert len(catalog.rows(Table.ROOMS)) == 2
    assert catalog.sql("select count(*) n from rooms, compositions").to_pylist() == [{"n": 2}]
    deletion.delete(catalog, Table.COMPOSITIONS, [sid], NIGHT)
    due = deletion.due_for_purge(catalog, NIGHT)
    assert list(due) == [compositions]
    deletion.purge(catalog, compositions, due[compositions], NIGHT, NIGHT + timedelta(days=1))
    assert catalog.lookup(sid) is None
    assert catalog.read(Table.COMPOSITIONS).num_rows == 0


def test_what_cannot_be_read_is_told_of_in_plain_words(catalog: Catalog, bucket: str) -> None:
    catalog.commit(ROOMS, [room(1)])
    s3.write(f"s3://{bucket}/store/catalog/{ROOMS}/part.parquet", b"not ours")
    from roomreel.errors import CatalogError

    with pytest.raises(CatalogError, match="date=2026-11-20"):
        catalog.read(Table.ROOMS)
    gone = Catalog.open(
        ObjectLocation("s3", "no-such-bucket-x", "c"), ObjectLocation("s3", "no-such-bucket-x", "j")
    )
    with pytest.raises(StorageFailed, match="no such bucket"):
        gone.commit(ROOMS, [room(1)])


def _filesystem() -> s3fs.S3FileSystem:
    return s3fs.S3FileSystem(use_listings_cache=False, default_cache_type="none")


def _by_pandas(root: str) -> list[tuple[str, int]]:
    options = {"use_listings_cache": False, "default_cache_type": "none"}
    frame = pd.read_parquet(
        f"{root}/rooms", columns=["sid", "duration_ms"], storage_options=options
    )
    return list(frame[["sid", "duration_ms"]].itertuples(index=False, name=None))


def _by_duckdb(root: str) -> list[tuple[str, int]]:
    with duckdb.connect() as connection:
        connection.register_filesystem(_filesystem())
        query = "select sid, duration_ms from read_parquet(?, hive_partitioning=1)"
        return connection.execute(query, [f"{root}/rooms/*/*.parquet"]).fetchall()


def _by_polars(root: str) -> list[tuple[str, int]]:
    options = {
        "aws_endpoint_url": os.environ["AWS_ENDPOINT_URL_S3"],
        "aws_allow_http": "true",
        "aws_region": os.environ["AWS_REGION"],
    }
    scanned = pl.scan_parquet(f"{root}/rooms/*/*.parquet", storage_options=options)
    return scanned.select("sid", "duration_ms").collect().rows()


def _by_us(root: str) -> list[tuple[str, int]]:
    catalog = _opened(root)
    rows = catalog.read(Table.ROOMS, columns=["sid", "duration_ms"]).to_pylist()
    return [(row["sid"], row["duration_ms"]) for row in rows]


def _by_sql(root: str) -> list[tuple[str, int]]:
    found = _opened(root).sql(
        "select a.sid, b.duration_ms from rooms a left join rooms b using (sid)"
    )
    return [(row["sid"], row["duration_ms"]) for row in found.to_pylist()]


def _opened(root: str) -> Catalog:
    place = parse(root)
    return Catalog.open(place, ObjectLocation("s3", place.bucket, "store/journal"))


READERS = [_by_pandas, _by_duckdb, _by_polars, _by_us, _by_sql]
# Ours read anew what was replaced under them; the others may say so.
MAY_FAIL = {_by_pandas, _by_duckdb, _by_polars}
# The last is how s3fs stumbles where a store refuses to read on without a word, as Ceph does.
SAYS_CHANGED = ("Errno 16", "no longer exists", "Precondition", "'NoneType' is not iterable")


def whole(rows: list[tuple[str, int]]) -> None:
    """Fail where a row is doubled or missing, or commits are mixed."""
    state = dict(rows)
    assert len(state) == len(rows), "a row is doubled"
    assert sum("-" not in sid for sid in state) == SHARED, "a row is missing"
    shared = {number for sid, number in rows if "-" not in sid}
    assert len(shared) == 1, f"two commits are mixed: {shared}"


@contextmanager
def readers_looping(root: str, reads: float = math.inf) -> Iterator[Counter[str]]:
    """Every reader in a thread of its own, for so many reads; fails at the end if one was wrong."""
    stop, wrong, counts = threading.Event(), [], Counter[str]()

    def loop(read: Callable[[str], list[tuple[str, int]]]) -> None:
        while not stop.is_set() and counts[read.__name__] < reads:
            try:
                rows = read(root)
            except Exception as error:  # noqa: BLE001 - whatever a reader raises is the finding
                counts[f"{read.__name__} failed"] += 1
                if read not in MAY_FAIL or not any(word in str(error) for word in SAYS_CHANGED):
                    wrong.append(f"{read.__name__}: {error!r}")
                continue
            try:
                whole(rows)
            except AssertionError as error:
                wrong.append(f"{read.__name__}: {error}")
            counts[read.__name__] += 1

    threads = [threading.Thread(target=loop, args=(read,)) for read in READERS]
    for thread in threads:
        thread.start()
    try:
        yield counts
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    print(dict(counts))
    assert wrong == []
    assert all(counts[read.__name__] for read in READERS)


def committer(roots: Roots, writer: str, *span: int) -> subprocess.Popen:
    words = [*map(str, roots), writer, *map(str, span)]
    return subprocess.Popen([sys.executable, COMMITTER, *words])


def _many_writers(roots: Roots, writers: int, commits: int) -> None:
    assert committer(roots, "w", 0, 1).wait() == 0
    with readers_looping(str(roots[0])):
        running = [committer(roots, f"w{writer}", 1, commits) for writer in range(writers)]
        assert [process.wait() for process in running] == [0] * writers
    expected = {f"RM-w{writer}-{n}" for writer in range(writers) for n in range(1, commits + 1)}
    rows = _by_us(str(roots[0]))
    assert sorted(sid for sid, _ in rows if "-" in sid) == sorted(expected | {"RM-w-0"})
    assert ObjectBackend(*roots, remote_store_of(roots[0])).pending() == []


def test_three_writers_of_one_date_lose_nothing(
    roots: Roots,
) -> None:
    _many_writers(roots, writers=3, commits=5)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_eight_writers_of_one_date_lose_nothing(
    roots: Roots,
) -> None:
    _many_writers(roots, writers=8, commits=25)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_thousand_reads_of_pandas_duckdb_and_polars_while_eight_write(
    roots: Roots,
) -> None:
    assert committer(roots, "w", 0, 1).wait() == 0
    rounds = 0
    with readers_looping(str(roots[0]), reads=1000) as reads:
        while rounds < 3 or min(reads[read.__name__] for read in READERS[:3]) < 1000:
            first = 1 + 25 * rounds
            running = [committer(roots, f"r{rounds}w{n}", first, 25) for n in range(8)]
            assert [process.wait() for process in running] == [0] * 8
            rounds += 1
            print(f"{rounds} rounds of 8 x 25 commits, reads: {dict(reads)}", flush=True)
    assert sum("-" in sid for sid, _ in _by_us(str(roots[0]))) == 1 + rounds * 8 * 25
