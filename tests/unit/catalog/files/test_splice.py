"""Row groups copied between files, as every reader sees them."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from roomreel.catalog.files import splice as splicing
from roomreel.catalog.files import thrift
from roomreel.catalog.files.splice import groups_of, splice

WORDS = [[f"{number}-{word}" for word in range(number % 3)] for number in range(3000)]
TABLE = pa.table(
    {
        "sid": [f"S{number:05d}" for number in range(3000)],
        "number": pa.array([None if n % 7 == 0 else n for n in range(3000)], pa.int64()),
        "words": WORDS,
    }
)


@pytest.fixture
def file() -> bytes:
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, TABLE.schema, write_page_index=True, data_page_size=512) as writer:
        writer.write_table(TABLE, row_group_size=1000)
    return sink.getvalue().to_pybytes()


def test_a_footer_is_written_as_it_was_read(file: bytes) -> None:
    length = int.from_bytes(file[-8:-4], "little")
    footer = file[-8 - length : -8]
    assert thrift.encode(thrift.decode(footer)) == footer


@pytest.mark.parametrize("order", [[0], [2, 0], [0, 1, 2], [2, 1, 0]])
@pytest.mark.parametrize("kept", [True, False])
def test_every_reader_finds_the_rows(
    file: bytes, order: list[int], kept: bool, tmp_path: Path
) -> None:
    groups = groups_of(file)
    chosen = [groups[number] for number in order]
    spliced = splice(chosen, file) if kept else splice(chosen)
    path = tmp_path / "spliced.parquet"
    path.write_bytes(spliced)
    expected = pa.concat_tables([TABLE.slice(1000 * number, 1000) for number in order])
    assert pq.read_table(path).equals(expected)
    assert pl.read_parquet(path)["words"].to_list() == expected["words"].to_pylist()
    found = duckdb.execute("select sid, number from read_parquet(?)", [str(path)]).fetchall()
    columns = (expected[name].to_pylist() for name in ("sid", "number"))
    assert found == list(zip(*columns, strict=True))


@pytest.mark.parametrize("number", [0, 1500, 2999])
def test_page_indexes_lead_to_the_pages(file: bytes, number: int, tmp_path: Path) -> None:
    groups = groups_of(file)
    path = tmp_path / "spliced.parquet"
    path.write_bytes(splice([groups[2], groups[1], groups[0]]))
    sid = f"S{number:05d}"
    about = pq.read_metadata(path).row_group(0).column(0)
    assert about.has_offset_index
    # Polars skips pages by these indexes.
    row = pl.scan_parquet(path).filter(pl.col("sid") == sid).collect()
    assert row["words"].to_list() == [WORDS[number]]


def test_copied_pages_are_all_there_is(file: bytes) -> None:
    groups = groups_of(file)
    assert len(splice(groups)) <= len(file) + 64
    assert b"S00000" not in splice(groups[1:])


def test_the_page_of_docs_has_the_fields_that_are_changed() -> None:
    page = (Path(__file__).parents[4] / "docs" / "catalog-files.md").read_text(encoding="utf-8")
    listed: dict[str, set[int]] = {}
    structure = ""
    for name, numbers in re.findall(r"^\| (\S*) ?\| .* \| ([\d, ]+) \| ", page, re.MULTILINE):
        structure = name.strip("`") or structure
        listed.setdefault(structure, set()).update(map(int, numbers.split(",")))
    assert listed == {
        "FileMetaData": {splicing._NUM_ROWS, splicing._ROW_GROUPS},
        "RowGroup": {splicing._COLUMNS, splicing._GROUP_OFFSET, splicing._ORDINAL},
        "ColumnChunk": {
            splicing._CHUNK_OFFSET,
            splicing._META_DATA,
            splicing._OFFSET_INDEX_AT,
            splicing._OFFSET_INDEX_BYTES,
            splicing._COLUMN_INDEX_AT,
            splicing._COLUMN_INDEX_BYTES,
        },
        "ColumnMetaData": {*splicing._PAGE_OFFSETS},
        "OffsetIndex": {splicing._PAGE_LOCATIONS},
    }
