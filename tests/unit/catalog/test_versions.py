"""Files that the engine before this one wrote: read, added to, written anew."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.tables import SCHEMAS, VERSION, Partition, Table

DAYS = [date(2026, 11, 20), date(2026, 11, 21)]
NIGHT = datetime(2026, 11, 22, tzinfo=UTC)

# What version 1 did not have.
SINCE = {Table.ROOMS: ["recordings_purged"]}


def schema_before(table: Table) -> pa.Schema:
    schema = SCHEMAS[table]
    for name in SINCE.get(table, []):
        schema = schema.remove(schema.get_field_index(name))
    return schema.with_metadata({"roomreel.catalog": "1", "roomreel.engine": "0.0"})


@pytest.fixture
def old(catalog: Catalog, tmp_path: Path) -> Catalog:
    """Two dates of every table in the schemas of version 1, a row each."""
    for table, prefix in (
        (Table.ROOMS, "RM"),
        (Table.RECORDINGS, "RT"),
        (Table.COMPOSITIONS, "CJ"),
    ):
        for number, day in enumerate(DAYS):
            end_ms = round(datetime(day.year, day.month, day.day, 9, tzinfo=UTC).timestamp() * 1000)
            row = {
                "sid": f"{prefix}{end_ms:012x}{number:020x}",
                "status": "completed",
                "rev": 3,
                "updated_at": NIGHT,
            }
            file = tmp_path / "catalog" / Partition(table, day).folder / "part.parquet"
            file.parent.mkdir(parents=True)
            pq.write_table(pa.Table.from_pylist([row], schema=schema_before(table)), file)
    return catalog


def schemas(root: Path, table: Table) -> list[pa.Schema]:
    return [pq.read_schema(file) for file in sorted((root / "catalog" / table).glob("*/*"))]


def test_the_version_went_up_with_the_columns() -> None:
    assert VERSION == "2"
    assert SCHEMAS[Table.ROOMS].metadata[b"roomreel.catalog"] == b"2"


@pytest.mark.parametrize("table", Table)
def test_it_is_read(old: Catalog, table: Table) -> None:
    rows = old.rows(table)
    assert [row["rev"] for row in rows] == [3, 3]
    assert old.lookup(rows[0]["sid"]) == rows[0]
    assert set(rows[0]) == set(SCHEMAS[table].names)
    assert old.sql(f"from {table}").num_rows == 2


@pytest.mark.parametrize("table", Table)
def test_a_commit_writes_its_file_anew(old: Catalog, table: Table, tmp_path: Path) -> None:
    new = {"sid": "zz", "status": "completed", "updated_at": NIGHT}
    assert old.commit(Partition(table, DAYS[0]), [new]).lost == {}
    first, second = schemas(tmp_path, table)
    assert first.equals(SCHEMAS[table], check_metadata=True)
    assert second.equals(schema_before(table), check_metadata=True)
    assert old.read(table).num_rows == 3


def test_an_upgrade_writes_all_of_them_anew_once(old: Catalog, tmp_path: Path) -> None:
    before = {table: old.rows(table) for table in Table}
    assert old.upgrade() == (6, ())
    for table in Table:
        for schema in schemas(tmp_path, table):
            assert schema.equals(SCHEMAS[table], check_metadata=True)
        assert old.rows(table) == before[table]
    assert old.upgrade() == (0, ())


def test_then_readers_that_take_the_schema_of_one_file_read_all(
    old: Catalog, tmp_path: Path
) -> None:
    old.commit(Partition(Table.ROOMS, DAYS[0]), [{"sid": "z", "updated_at": NIGHT}])
    # Which file it takes depends on the order of the folder, so the order is given here.
    files = sorted(map(str, (tmp_path / "catalog" / "rooms").glob("*/*.parquet")), reverse=True)
    query = "select recordings_purged from read_parquet(?, hive_partitioning=1)"
    with pytest.raises(duckdb.Error):
        duckdb.execute(query, [files])
    old.upgrade()
    assert len(duckdb.execute(query, [files]).fetchall()) == 3


def test_a_broken_file_stops_no_other_from_being_upgraded(old: Catalog, tmp_path: Path) -> None:
    broken = tmp_path / "catalog" / "recordings" / "date=2026-11-20" / "part.parquet"
    broken.write_bytes(b"not ours")
    count, problems = old.upgrade()
    assert count == 5
    assert [problem.code for problem in problems] == ["catalog-invalid"]
    assert "recordings/date=2026-11-20" in problems[0].message
