"""Ask queries of DuckDB within bounds, and print what became of each and how much memory it took.

A program of its own: what other tests have allocated, and the allocators keep, is not in its way.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb
import numpy as np

from roomreel.catalog.queries.bounds import Bounds, run_within
from roomreel.catalog.queries.sql import answer
from roomreel.errors import CatalogError

BLOCK = 1 << 20


def main(memory_bytes: int, freed_bytes: int, *queries: str) -> None:
    """Print a JSON list a line: the message, the remedy, and the bytes that were taken at most."""
    blocks = [np.ones(BLOCK, dtype="u1") for _ in range(freed_bytes // 2 // BLOCK)]
    texts = [str(number) * 100 for number in range(freed_bytes // 2 // 700)]
    del blocks, texts
    for query in queries:
        Path("/proc/self/clear_refs").write_text("5")  # the peak is that of now
        before = _status("VmRSS")
        connection = duckdb.connect(":memory:")
        connection.execute(f"SET memory_limit = '{memory_bytes // 1_000_000}MB'")
        said = _asked(connection, query, Bounds(memory_bytes, seconds=120))
        connection.close()
        print(json.dumps([*said, _status("VmHWM") - before]), flush=True)


def _asked(connection: duckdb.DuckDBPyConnection, query: str, bounds: Bounds) -> tuple[str, str]:
    try:
        run_within(bounds, lambda: answer(connection, query), connection.interrupt)
    except CatalogError as error:
        return str(error), error.remedy
    return "", ""


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
