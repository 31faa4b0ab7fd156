"""A query ends, by itself or by its bounds."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.queries import bounds
from roomreel.catalog.queries.bounds import Bounds, StillRunning, run_within
from roomreel.errors import CatalogError, QueryInvalid

BOUNDS = Bounds(memory_bytes=300_000_000, seconds=2)
PATIENT = Bounds(memory_bytes=300_000_000, seconds=120)
"""On a loaded machine it takes a while until memory is full."""
ASKING = Path(__file__).parent / "large_queries.py"
CODE_BYTES = 200_000_000
"""Of the libraries that are read from the disk for the first time, and the kernel's page tables."""

TOO_LARGE = [
    "select repeat('x', 2000000000)",
    "select list_sum(range(2000000000))",
    "select list(range) from range(200000000)",
    "from range(200000000)",
    "select a.range, repeat('x', 1000) from range(1000000) a order by 1 desc",
]
TOO_LONG = [
    "select sum(a.range) from range(1000000) a, range(1000000) b",
    "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
    "select count(*) from range(100000) a, range(100000) b where a.range * b.range % 7 = b.range",
]


@pytest.mark.parametrize("freed_bytes", [0, 600_000_000], ids=["new", "has-freed-much"])
def test_queries_that_need_too_much_memory_end_in_words(freed_bytes: int) -> None:
    argv = [sys.executable, ASKING, str(BOUNDS.memory_bytes), str(freed_bytes), *TOO_LARGE]
    ran = subprocess.run(argv, capture_output=True, text=True, check=True)
    lines = ran.stdout.splitlines()
    assert len(lines) == len(TOO_LARGE)
    for query, (message, remedy, taken_bytes) in zip(
        TOO_LARGE, map(json.loads, lines), strict=True
    ):
        assert "needs more than 300000000 bytes of memory" in message, query
        assert "sql_memory_bytes" in remedy
        # What allocators kept of what is freed may be used again, beside the bound.
        assert taken_bytes < BOUNDS.memory_bytes + freed_bytes + CODE_BYTES, query


def test_a_query_after_one_that_needed_too_much_memory(catalog: Catalog) -> None:
    with pytest.raises(CatalogError, match="needs more than 300000000 bytes"):
        catalog.sql(TOO_LARGE[0], PATIENT)
    assert catalog.sql("select 1 as a", BOUNDS).to_pylist() == [{"a": 1}]


@pytest.mark.parametrize("query", TOO_LONG)
def test_a_query_without_end_ends_in_words(catalog: Catalog, query: str) -> None:
    with pytest.raises(CatalogError, match="took longer than 2 s") as caught:
        catalog.sql(query, BOUNDS)
    assert type(caught.value) is CatalogError
    assert "sql_timeout_s" in caught.value.remedy


def test_the_limit_of_the_process_is_as_before(catalog: Catalog) -> None:
    before = resource.getrlimit(resource.RLIMIT_DATA)
    catalog.sql("select 1", BOUNDS)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before


def test_what_cannot_be_interrupted_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_STOPS_WITHIN_S", 0.3)
    release, asked = threading.Event(), []
    try:
        with pytest.raises(StillRunning, match=r"took longer than 0\.1 s"):
            run_within(Bounds(seconds=0.1), release.wait, lambda: asked.append(1))
    finally:
        release.set()
    assert len(asked) == 3


def test_an_interruption_that_comes_too_early_is_repeated() -> None:
    interrupted = threading.Event()

    def ask() -> None:
        time.sleep(0.3)
        interrupted.clear()  # as DuckDB does where a query begins to run
        interrupted.wait()

    with pytest.raises(CatalogError) as caught:
        run_within(Bounds(seconds=0.1), ask, interrupted.set)
    assert type(caught.value) is CatalogError


def test_errors_of_the_query_are_its_own(catalog: Catalog) -> None:
    with pytest.raises(QueryInvalid, match="the query failed"):
        catalog.sql("selec", BOUNDS)
    with pytest.raises(KeyboardInterrupt):
        run_within(BOUNDS, _stopped, lambda: None)


def _stopped() -> None:
    raise KeyboardInterrupt
