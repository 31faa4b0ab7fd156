"""What analysts point at the folders: pandas, DuckDB, Polars, each with the specified types."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.record import RoomRecord, record
from roomreel.catalog.schema.tables import SCHEMAS
from roomreel.model.composition import CompositionStatus, Outcome
from roomreel.model.table import Table
from roomreel.model.talk import RecordingTalk, RoomTalk


@pytest.fixture
def folder(
    catalog: Catalog,
    room_record: Callable[..., RoomRecord],
    outcome_of: Callable[..., Outcome],
    tmp_path: Path,
) -> Path:
    """Two dates: one with everything filled in, one with all that can be null being null."""
    full, bare = room_record(1), room_record(2, datetime(2026, 11, 21, tzinfo=UTC))
    silent = RecordingTalk(bare.manifest.room.participants[0].sid)
    bare = RoomRecord(bare.manifest, talk=RoomTalk({silent.participant_sid: ()}, {"RT": silent}))
    failed = outcome_of(
        bare, status=CompositionStatus.FAILED, files=None, frame_count=None, duration_ms=None
    )
    record(catalog, [full, bare], [outcome_of(full), failed], None)
    return tmp_path / "catalog"


@pytest.mark.parametrize("table", Table)
def test_all_files_of_a_table_have_one_schema(folder: Path, table: Table) -> None:
    files = sorted((folder / table).glob("*/*.parquet"))
    assert len(files) == 2
    for file in files:
        assert pq.read_schema(file).equals(SCHEMAS[table], check_metadata=True)


def test_there_is_nothing_else_in_the_folders_of_the_tables(folder: Path) -> None:
    for table in Table:
        names = {path.name for path in (folder / table).rglob("*") if path.is_file()}
        assert names == {"part.parquet"}


@pytest.mark.parametrize("table", Table)
def test_pandas(folder: Path, table: Table) -> None:
    exact = pd.read_parquet(folder / table, dtype_backend="pyarrow")
    types = {name: dtype.pyarrow_dtype for name, dtype in exact.dtypes.items() if name != "date"}
    assert types == {field.name: field.type for field in SCHEMAS[table]}
    plain = pd.read_parquet(folder / table)
    assert len(plain) == 2
    assert sorted(plain["date"].astype(str)) == ["2026-11-20", "2026-11-21"]
    assert str(plain["updated_at"].dtype) == "datetime64[us, UTC]"
    assert str(plain["rev"].dtype) == "int64"
    assert plain["sid"].is_unique


DUCKDB = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us", "UTC"): "TIMESTAMP WITH TIME ZONE",
}


def _in_duckdb(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"{_in_duckdb(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        return f"STRUCT({', '.join(f'{_name(field)} {_in_duckdb(field.type)}' for field in kind)})"
    return DUCKDB[kind]


def _name(field: pa.Field) -> str:
    return f'"{field.name}"'


@pytest.mark.parametrize("table", Table)
def test_duckdb(folder: Path, table: Table) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"create view t as select * from "  # noqa: S608
            f"read_parquet('{folder}/{table}/*/*.parquet', hive_partitioning=1)"
        )
        described = dict(
            connection.execute("select * from (describe t)")
            .df()[["column_name", "column_type"]]
            .itertuples(index=False)
        )
        dates = connection.execute("select date from t order by 1").fetchall()
    assert described.pop("date") == "DATE"
    assert {name: kind.replace('"', "") for name, kind in described.items()} == {
        field.name: _in_duckdb(field.type).replace('"', "") for field in SCHEMAS[table]
    }
    assert [str(day) for (day,) in dates] == ["2026-11-20", "2026-11-21"]


POLARS = {
    pa.string(): pl.String(),
    pa.int64(): pl.Int64(),
    pa.float64(): pl.Float64(),
    pa.bool_(): pl.Boolean(),
    pa.timestamp("us", "UTC"): pl.Datetime("us", "UTC"),
}


def _in_polars(kind: pa.DataType) -> pl.DataType:
    if pa.types.is_list(kind):
        return pl.List(_in_polars(kind.value_type))
    if pa.types.is_struct(kind):
        return pl.Struct({field.name: _in_polars(field.type) for field in kind})
    return POLARS[kind]


@pytest.mark.parametrize("table", Table)
def test_polars(folder: Path, table: Table) -> None:
    scanned = pl.scan_parquet(folder / table, hive_partitioning=True).collect()
    types = dict(scanned.schema)
    assert types.pop("date") == pl.Date()
    assert types == {field.name: _in_polars(field.type) for field in SCHEMAS[table]}
    assert scanned.height == 2


def test_all_three_see_the_same_values(folder: Path) -> None:
    column = "realtime_factor"
    by_pandas = pd.read_parquet(folder / "compositions").sort_values("sid")[column].tolist()
    by_polars = pl.scan_parquet(folder / "compositions").sort("sid").collect()[column].to_list()
    assert by_pandas[0] == by_polars[0] == pytest.approx(0.2)
    assert pd.isna(by_pandas[1])
    assert by_polars[1] is None
