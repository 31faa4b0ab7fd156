from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from roomreel.catalog.files.parquet import ROW_GROUP, decode, encode, part_of
from roomreel.catalog.schema.tables import SCHEMAS
from roomreel.errors import CatalogError
from roomreel.model.table import Partition, Table

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


def many(count: int) -> pa.Table:
    return rooms(*(f"RM{number:06d}" for number in range(count)))


def _read_in_parts(data: bytes) -> pa.Table:
    part = part_of(PARTITION, data)
    return part.read(part.touched(["a"]))


def spans(data: bytes) -> list[tuple[str, str]]:
    """The first and the last sid of each row group."""
    about = pq.read_metadata(pa.BufferReader(data))
    sids = [about.row_group(n).column(0).statistics for n in range(about.num_row_groups)]
    return [(sid.min, sid.max) for sid in sids]


def test_a_file_is_compressed_sorted_and_has_statistics_and_a_page_index() -> None:
    data = encode(many(3 * ROW_GROUP))
    file = pq.ParquetFile(pa.BufferReader(data))
    assert file.schema_arrow.equals(SCHEMA, check_metadata=True)
    assert spans(data) == [
        ("RM000000", "RM009999"),
        ("RM010000", "RM019999"),
        ("RM020000", "RM029999"),
    ]
    groups = [file.metadata.row_group(number) for number in range(3)]
    assert {group.column(0).compression for group in groups} == {"ZSTD"}
    for group in groups:
        assert all(group.column(n).has_column_index for n in range(group.num_columns))
        assert all(group.column(n).has_offset_index for n in range(group.num_columns))
        assert group.sorting_columns[0].column_index == 0


def test_row_groups_are_of_about_one_size_whatever_the_number_of_rows() -> None:
    for count in (1, 14_000, 16_000, 26_000, 101_000):
        about = pq.read_metadata(pa.BufferReader(encode(many(count))))
        sizes = [about.row_group(number).num_rows for number in range(about.num_row_groups)]
        assert sum(sizes) == count
        assert max(sizes) - min(sizes) <= 1
        assert count == 1 or ROW_GROUP * 2 / 3 <= sizes[0] <= ROW_GROUP * 3 / 2


def test_only_the_row_groups_of_the_sids_are_read_and_written() -> None:
    whole = many(4 * ROW_GROUP)
    before = encode(whole)
    part = part_of(PARTITION, before)
    assert part.touched(["A", "RM000000", "RM009999", "RM009999x"]) == [0]
    assert part.touched(["RM030000", "Z"]) == [3]
    touched = part.touched(["RM015000x"])
    rows = part.read(touched)
    assert rows.equals(whole.slice(ROW_GROUP, ROW_GROUP))
    added = pa.concat_tables([rows, rooms("RM015000x")]).sort_by("sid")
    for from_scratch in (False, True):
        after = part.replaced(touched, added, from_scratch=from_scratch)
        assert after.startswith(before) is not from_scratch
        expected = pa.concat_tables([whole, rooms("RM015000x")]).sort_by("sid")
        assert decode(PARTITION, after).equals(expected)
        assert len(spans(after)) == 4
    assert len(after) < 1.1 * len(before)


def test_rows_go_between_the_groups_that_stay() -> None:
    part = part_of(PARTITION, encode(many(3 * ROW_GROUP)))
    touched = part.touched(["A", "Z"])
    added = pa.concat_tables([part.read(touched), rooms("A", "Z")]).sort_by("sid")
    after = part.replaced(touched, added)
    assert spans(after) == [("A", "RM009999"), ("RM010000", "RM019999"), ("RM020000", "Z")]
    assert decode(PARTITION, after).num_rows == 3 * ROW_GROUP + 2


def test_a_group_that_grew_is_cut_and_one_without_rows_goes() -> None:
    part = part_of(PARTITION, encode(many(2 * ROW_GROUP)))
    grown = pa.concat_tables([part.read([1]), rooms(*(f"RM1{n:06d}" for n in range(6000)))])
    assert len(spans(part.replaced([1], grown.sort_by("sid")))) == 3
    rest = part.replaced([0], SCHEMA.empty_table())
    assert spans(rest) == [("RM010000", "RM019999")]
    nothing = part.replaced([0, 1], SCHEMA.empty_table(), from_scratch=True)
    assert decode(PARTITION, nothing).equals(SCHEMA.empty_table())
    assert part_of(PARTITION, nothing).groups == []


def test_a_reader_with_the_footer_of_the_old_file_finds_the_old_rows_in_the_new_one() -> None:
    old, new = rooms("RM1", "RM2"), rooms("RM0", "RM1", "RM2", "RM3")
    before = encode(old)
    after = part_of(PARTITION, before).replaced([0], new)
    assert after.startswith(before)
    assert decode(PARTITION, after).equals(new)
    footer = pq.read_metadata(pa.BufferReader(before))
    assert pq.ParquetFile(pa.BufferReader(after), metadata=footer).read().equals(old)


def test_written_from_scratch_nothing_of_the_rows_that_went_stays() -> None:
    part = part_of(PARTITION, encode(rooms("RM-gone")))
    assert b"RM-gone" in part.replaced([0], rooms("RM1"))
    assert b"RM-gone" not in part.replaced([0], rooms("RM1"), from_scratch=True)


def test_a_file_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = encode(rooms("RM1"))
    monkeypatch.setattr("roomreel.catalog.files.parquet._MOST_KEPT", 3 * len(fresh))
    data, sizes = fresh, []
    for _ in range(20):
        data = part_of(PARTITION, data).replaced([0], rooms("RM1"))
        sizes.append(len(data))
    assert max(sizes) < 5 * len(fresh)
    assert sizes.count(len(fresh)) > 2


def test_a_file_of_another_schema_is_written_anew_whole() -> None:
    old = many(2 * ROW_GROUP).drop_columns(["templates_done"])
    part = part_of(PARTITION, encode(old))
    assert part.touched(["RM000001"]) == [0, 1]
    after = part.replaced([0, 1], part.read([0, 1]))
    schema = pq.read_schema(pa.BufferReader(after))
    assert schema.equals(SCHEMA, check_metadata=True)


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
    with pytest.raises(CatalogError, match=r"rooms/date=2026-11-20/part\.parquet"):
        _read_in_parts(data)
