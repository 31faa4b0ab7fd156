from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from roomreel.catalog.parquet import ROW_GROUP, decode, encode, pick, put
from roomreel.catalog.tables import SCHEMAS, Partition, Table
from roomreel.errors import CatalogError

PARTITION = Partition(Table.ROOMS, date(2026, 11, 20))
SCHEMA = SCHEMAS[Table.ROOMS]


def rooms(*sids: str) -> pa.Table:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    return pa.Table.from_pylist([{"sid": sid, "updated_at": at} for sid in sids], schema=SCHEMA)


def test_what_goes_in_comes_out_with_the_schema_of_the_table() -> None:
    table = rooms("RM1", "RM2")
    back = decode(PARTITION, encode(table))
    assert back.equals(table)
    assert back.schema.equals(SCHEMA, check_metadata=True)


def test_a_file_is_compressed_sorted_and_has_statistics_and_a_page_index() -> None:
    table = rooms(*(f"RM{number:06d}" for number in range(2 * ROW_GROUP + 1)))
    file = pq.ParquetFile(pa.BufferReader(encode(table)))
    assert file.schema_arrow.equals(SCHEMA, check_metadata=True)
    assert file.metadata.num_row_groups == 3
    sids = [file.metadata.row_group(number).column(0) for number in range(3)]
    assert [(c.statistics.min, c.statistics.max) for c in sids[:2]] == [
        ("RM000000", "RM009999"),
        ("RM010000", "RM019999"),
    ]
    assert {c.compression for c in sids} == {"ZSTD"}
    assert all(c.has_column_index and c.has_offset_index for c in sids)
    assert file.metadata.row_group(0).sorting_columns[0].column_index == 0


def test_a_reader_with_the_footer_of_the_old_file_finds_the_old_rows_in_the_new_one() -> None:
    old, new = rooms("RM1", "RM2"), rooms("RM0", "RM1", "RM2", "RM3")
    before = encode(old)
    after = encode(new, before)
    assert after.startswith(before)
    assert decode(PARTITION, after).equals(new)
    footer = pq.read_metadata(pa.BufferReader(before))
    assert pq.ParquetFile(pa.BufferReader(after), metadata=footer).read().equals(old)


def test_without_the_old_file_nothing_of_it_stays() -> None:
    gone = encode(rooms("RM-gone"))
    assert b"RM-gone" in encode(rooms("RM1"), gone)
    assert b"RM-gone" not in encode(rooms("RM1"))


def test_a_file_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = encode(rooms("RM1"))
    monkeypatch.setattr("roomreel.catalog.parquet._MOST_KEPT", 3 * len(fresh))
    data, sizes = fresh, []
    for _ in range(20):
        data = encode(rooms("RM1"), data)
        sizes.append(len(data))
    assert max(sizes) < 5 * len(fresh)
    assert sizes.count(len(fresh)) > 2


def test_no_file_is_no_row() -> None:
    assert decode(PARTITION, None).equals(SCHEMA.empty_table())


def test_columns_an_older_engine_did_not_know_are_null() -> None:
    old = rooms("RM1").drop_columns(["templates_done", "manifest_url"])
    assert decode(PARTITION, encode(old)).to_pylist() == rooms("RM1").to_pylist()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"no parquet at all", id="text"),
        pytest.param(encode(rooms("RM1"))[:-20], id="truncated"),
        pytest.param(b"PAR1" + b"\x00" * 90 + b"PAR1", id="zeros"),
        pytest.param(encode(pa.table({"sid": ["a"], "colour": ["red"]})), id="foreign column"),
        pytest.param(encode(pa.table({"sid": ["a"], "rev": ["many"]})), id="foreign type"),
    ],
)
def test_a_file_of_somebody_else_is_named_and_refused(data: bytes) -> None:
    with pytest.raises(CatalogError, match=r"rooms/date=2026-11-20/part\.parquet"):
        decode(PARTITION, data)


def test_picked_rows_are_put_back_in_their_places() -> None:
    others, picked = pick(rooms("RM1", "RM2", "RM3"), ["RM2", "RM9"])
    assert others["sid"].to_pylist() == ["RM1", "RM3"]
    assert list(picked) == ["RM2"]
    assert put(others, picked).equals(rooms("RM1", "RM2", "RM3"))
