"""What a check finds, and that it finds nothing where nothing is."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from roomreel.catalog.schema.tables import SCHEMAS
from roomreel.maintenance.check import check
from roomreel.maintenance.removal import remove_all
from roomreel.model.table import Table

NOW = datetime.now(UTC)


def found(store: Any, now: datetime = NOW) -> list[str]:
    return [str(finding) for finding in check(store.catalog, store.settings, now)]


def part(store: Any, table: Table = Table.COMPOSITIONS, day: str = "2026-11-20") -> Path:
    path: Path = store.settings.catalog_root / table / f"date={day}" / "part.parquet"
    return path


def rewrite(path: Path, rows: list[dict[str, Any]], table: Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMAS[table]), path)


@pytest.fixture
def made(store: Any) -> Any:
    made = store.room()
    size = made.files[0].stat().st_size
    rows = pq.read_table(part(store), partitioning=None).to_pylist()
    rewrite(part(store), [rows[0] | {"size_bytes": size}], Table.COMPOSITIONS)
    return made


def test_a_sound_store(store: Any, made: Any) -> None:
    assert found(store) == []
    remove_all(store.catalog, Table.COMPOSITIONS, [made.outcome.sid], store.settings, NOW)
    assert found(store, NOW + timedelta(days=9)) == []


def test_an_empty_store(store: Any) -> None:
    assert found(store) == []


def test_media_that_are_gone_or_of_another_size(store: Any, made: Any) -> None:
    made.files[0].write_bytes(b"x")
    assert "has 1 bytes, not 38" in found(store)[0]
    made.files[0].unlink()
    assert f"there is no {made.files[0]}" in found(store)[0]


def test_media_without_a_row(store: Any, made: Any) -> None:
    orphan = made.files[0].with_name(made.outcome.sid[:-1] + "f.mp4")
    orphan.write_bytes(b"x")
    assert found(store) == []  # it may be on its way into the catalog
    (line,) = found(store, NOW + timedelta(days=2))
    assert f"no row describes {orphan.name}" in line


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda rows: [*rows, *rows], "has 2 rows"),
        (lambda rows: [rows[0] | {"sid": "CJ" + "f" * 32}, *rows], "not sorted by sid"),
        (lambda rows: [rows[0] | {"sid": None}], "a row has no sid"),
        (lambda rows: [rows[0] | {"sid": "CJ" + "0" * 32}], "belongs to 1970-01-01"),
    ],
)
def test_rows_that_are_not_as_they_should_be(store: Any, made: Any, change: Any, says: str) -> None:
    rows = pq.read_table(part(store), partitioning=None).to_pylist()
    rewrite(part(store), change(rows), Table.COMPOSITIONS)
    assert any(says in line for line in found(store))


def test_one_sid_in_two_dates_of_which_one_is_wrong(store: Any, made: Any) -> None:
    for table in (Table.ROOMS, Table.RECORDINGS):
        rows = pq.read_table(part(store, table), partitioning=None).to_pylist()
        rewrite(part(store, table, "2026-11-25"), rows, table)
    lines = found(store)
    assert sum("has 2 rows" in line for line in lines) == 2
    assert any("rooms/date=2026-11-25" in line and "belongs to" in line for line in lines)


def test_a_file_of_somebody_else_and_one_of_another_version(store: Any, made: Any) -> None:
    part(store, Table.ROOMS).write_bytes(b"not ours")
    table = pq.read_table(part(store), partitioning=None)
    pq.write_table(table.replace_schema_metadata({}), part(store))
    first, second = found(store)
    assert first.startswith("rooms/date=2026-11-20: ")
    assert "another version (roomreel catalog upgrade)" in second


def test_of_many_alike_the_first_are_named(store: Any, made: Any) -> None:
    for number in range(30):
        path = made.files[0].with_name(f"{made.outcome.sid[:-2]}{number:02x}.mp4")
        if path != made.files[0]:
            path.write_bytes(b"x")
            os.utime(path, (0, 0))
    lines = found(store)
    assert len(lines) == 11
    assert "more like it" in lines[-1]
