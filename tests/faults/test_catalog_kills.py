"""Writers are killed at every step while others read: nothing is torn, doubled or lost."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.store import Recovery
from roomreel.model.table import Table

pytestmark = pytest.mark.slow

COMMITTER = Path(__file__).with_name("committer.py")
SHARED = 40

# In the order a commit reaches them; from the first of the second line its entry is kept.
STEPS_BEFORE = ["entry written", "entry synced"]
STEPS_AFTER = [
    "entry renamed",
    "entry durable",
    "locked",
    "part written",
    "part synced",
    "part renamed",
    "part durable",
    "entry removed",
]

State = dict[str, int]


def committer(root: Path, writer: str, first: int, count: int, step: str = "") -> subprocess.Popen:
    arguments = [root / "catalog", root / "journal", writer, first, count, step]
    argv = [sys.executable, COMMITTER, *map(str, arguments)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)


def leftovers(root: Path) -> list[Path]:
    return [*root.rglob("*.part"), *root.rglob("*.json")]


def _by_pandas(root: Path) -> list[tuple[str, int]]:
    frame = pd.read_parquet(root / "catalog" / "rooms", columns=["sid", "duration_ms"])
    return list(frame[["sid", "duration_ms"]].itertuples(index=False, name=None))


DUCKDB = duckdb.connect()  # one for all reads, for it caches files


def _by_duckdb(root: Path) -> list[tuple[str, int]]:
    files = f"{root}/catalog/rooms/*/*.parquet"
    query = "select sid, duration_ms from read_parquet(?, hive_partitioning=1)"
    return DUCKDB.cursor().execute(query, [files]).fetchall()


def _by_polars(root: Path) -> list[tuple[str, int]]:
    scanned = pl.scan_parquet(root / "catalog" / "rooms", hive_partitioning=True)
    return scanned.select("sid", "duration_ms").collect().rows()


def _by_us(root: Path) -> list[tuple[str, int]]:
    catalog = Catalog.open(root / "catalog", root / "journal")
    return [
        (row["sid"], row["duration_ms"])
        for row in catalog.read(Table.ROOMS, columns=["sid", "duration_ms"]).to_pylist()
    ]


def _by_sql(root: Path) -> list[tuple[str, int]]:
    catalog = Catalog.open(root / "catalog", root / "journal")
    found = catalog.sql("select a.sid, b.duration_ms from rooms a left join rooms b using (sid)")
    return [(row["sid"], row["duration_ms"]) for row in found.to_pylist()]


READERS = [_by_pandas, _by_duckdb, _by_polars, _by_us, _by_sql]


def whole(rows: list[tuple[str, int]]) -> State:
    """The rows by sid; fails where one is doubled or missing, or commits are mixed."""
    state = dict(rows)
    assert len(state) == len(rows), "a row is doubled"
    shared = {number for sid, number in rows if "-" not in sid}
    assert len(state) - sum("-" in sid for sid in state) == SHARED, "a row is missing"
    assert len(shared) == 1, f"two commits are mixed: {shared}"
    return state


@contextmanager
def readers_looping(root: Path) -> Iterator[Counter[str]]:
    """Every reader in a thread of its own; counts reads, and fails at the end if one was wrong."""
    stop, wrong, reads = threading.Event(), [], Counter[str]()

    def loop(read: Callable[[Path], list[tuple[str, int]]]) -> None:
        seen: State = {}
        while not stop.is_set():
            try:
                state = whole(read(root))
                assert seen.keys() <= state.keys(), "a row got lost"
                assert state["RM00"] >= seen.get("RM00", 0), "an old state came back"
            except Exception as error:  # noqa: BLE001 - whatever a reader raises is the finding
                wrong.append(f"{read.__name__}: {error!r}")
                return
            seen = state
            reads[read.__name__] += 1

    threads = [threading.Thread(target=loop, args=(read,)) for read in READERS]
    for thread in threads:
        thread.start()
    try:
        yield reads
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert all(reads[read.__name__] for read in READERS)


def recover(root: Path) -> Recovery:
    return Catalog.open(root / "catalog", root / "journal").recover()


def own_rows(root: Path) -> set[str]:
    """The rows of which each commit has one of its own."""
    return {sid for sid in whole(_by_us(root)) if "-" in sid}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store that has commit 0 of writer `w`."""
    assert committer(tmp_path, "w", 0, 1).wait() == 0
    return tmp_path


def test_a_kill_at_any_step_loses_nothing(root: Path) -> None:
    expected = {"RM-w-0"}
    with readers_looping(root):
        for number, step in enumerate(STEPS_BEFORE + STEPS_AFTER):
            killed, next_one = 10 * number + 1, 10 * number + 2
            assert committer(root, "w", killed, 1, step).wait() == -signal.SIGKILL, step
            whole(_by_us(root))
            if number % 2:
                assert recover(root).problems == ()
            else:
                assert committer(root, "w", next_one, 1).wait() == 0
                expected.add(f"RM-w-{next_one}")
            if step in STEPS_AFTER:
                expected.add(f"RM-w-{killed}")
            assert own_rows(root) == expected, step
    recover(root)
    assert leftovers(root) == []


def _many_writers(root: Path, writers: int, commits: int) -> None:
    with readers_looping(root):
        running = [committer(root, f"w{writer}", 1, commits) for writer in range(writers)]
        assert [process.wait() for process in running] == [0] * writers
    expected = {f"RM-w{writer}-{n}" for writer in range(writers) for n in range(1, commits + 1)}
    assert own_rows(root) == expected | {"RM-w-0"}
    assert whole(_by_us(root))["RM00"] == commits
    assert leftovers(root) == []


def test_four_writers_of_one_date_lose_nothing(root: Path) -> None:
    _many_writers(root, writers=4, commits=10)


@pytest.mark.soak
def test_eight_writers_of_one_date_lose_nothing(root: Path) -> None:
    _many_writers(root, writers=8, commits=25)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_thousand_reads_of_pandas_duckdb_and_polars_while_eight_write(root: Path) -> None:
    rounds = 0
    with readers_looping(root) as reads:
        while rounds < 3 or min(reads[read.__name__] for read in READERS[:3]) < 1000:
            first = 1 + 25 * rounds
            running = [committer(root, f"r{rounds}w{n}", first, 25) for n in range(8)]
            assert [process.wait() for process in running] == [0] * 8
            rounds += 1
            print(f"{rounds} rounds of 8 x 25 commits, reads: {dict(reads)}", flush=True)
    assert len(own_rows(root)) == 1 + rounds * 8 * 25
    assert leftovers(root) == []


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "kills",
    [pytest.param(4, marks=pytest.mark.slow), pytest.param(100, marks=pytest.mark.soak)],
)
def test_kills_at_random_moments_lose_nothing(root: Path, kills: int) -> None:
    chance = random.Random(20261120)
    commits = 0
    with readers_looping(root):
        for number in range(1, kills + 1):
            process = committer(root, f"k{number}", 1000 * number, 900)
            for _ in range(1 + number % 3):
                assert process.stdout.readline()  # however long a busy machine takes
            time.sleep(chance.uniform(0, 0.5))
            process.kill()
            process.communicate()
            assert recover(root).problems == ()
            mine = {sid for sid in own_rows(root) if sid.startswith(f"RM-k{number}-")}
            # Commits are made one after the other: those that are there have no hole.
            first = 1000 * number
            assert mine == {f"RM-k{number}-{n}" for n in range(first, first + len(mine))}
            commits += len(mine)
    assert commits >= sum(number % 3 for number in range(1, kills + 1))
    assert leftovers(root) == []
