"""Deletions and purges are killed at random moments: nothing else goes, nothing is left over."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import keeper

from roomreel.maintenance.check import check
from roomreel.maintenance.retention import retain
from roomreel.model.table import Table

pytestmark = pytest.mark.slow

KEEPER = Path(keeper.__file__)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    keeper.make(tmp_path)
    return tmp_path


def states(root: Path) -> list[str]:
    rows = {row["sid"]: row["status"] for row in keeper.catalog(root).rows(Table.COMPOSITIONS)}
    return [rows.get(keeper.sid(number), "purged") for number in range(keeper.COUNT)]


def killed_after(root: Path, first: int, days: int, seconds: float) -> None:
    """Keep the store for so many days, however long a busy machine takes, and then be killed."""
    argv = [sys.executable, KEEPER, root, str(first)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout
        for _ in range(1 + days):
            assert process.stdout.readline()
        time.sleep(seconds)
        process.kill()


def mended(root: Path) -> int:
    """Let a retention run mend what a kill left; returns how many are deleted or purged."""
    # A deletion that is journalled counts, merged or not.
    assert keeper.catalog(root).recover().problems == ()
    before = states(root)
    gone = keeper.COUNT - before.count("completed")
    report = retain(keeper.settings(root), keeper.day(max(gone - 1, 0)))
    assert report.problems == ()
    now = states(root)
    # They are deleted, and purged, one after the other: there is no hole, and nothing came back.
    assert now == sorted(now, key=["purged", "deleted", "completed"].index)
    assert now.count("completed") == before.count("completed")
    assert now.count("purged") == max(gone - keeper.GRACE_DAYS, 0)
    there = [keeper.medium(root, number).exists() for number in range(keeper.COUNT)]
    assert there == [state == "completed" for state in now]
    assert check(keeper.catalog(root), keeper.settings(root), keeper.day(9999)) == []
    return gone


def assert_purged_without_a_trace(root: Path) -> None:
    told = b"".join(
        path.read_bytes()
        for folder in ("catalog", "journal")
        for path in (root / folder).rglob("*")
        if path.is_file()
    )
    rooms = {row["sid"]: row for row in keeper.catalog(root).rows(Table.ROOMS)}
    for number, state in enumerate(states(root)):
        if state == "purged":
            assert keeper.sid(number).encode() not in told
            assert rooms[keeper.room_sid(number)]["templates_done"] == [keeper.digest(number)]


def kill(root: Path, times: int) -> None:
    chance = random.Random(20261120)
    gone = 0
    for number in range(times):
        killed_after(root, gone, number % 3, chance.uniform(0, 0.3))
        gone = mended(root)
    assert gone >= times // 2
    assert_purged_without_a_trace(root)
    leftovers = [path for path in root.rglob("*") if path.suffix in {".tmp", ".part", ".json"}]
    # The version of the catalogs, and what this machine has seen of them, are there to stay.
    assert [path.name for path in leftovers if not path.match("scratch/roomreel-cleared-*")] == [
        "catalog.json"
    ]


def test_kills_at_a_few_moments_lose_nothing(root: Path) -> None:
    kill(root, 4)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "times",
    [pytest.param(100, marks=pytest.mark.soak)],
)
def test_kills_at_many_moments_lose_nothing(root: Path, times: int) -> None:
    kill(root, times)
