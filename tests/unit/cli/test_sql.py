import io
import json
import math
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
import typer

from roomreel.cli import rows
from roomreel.cli.sql import distinct, plain, plain_rows, query_text
from roomreel.errors import NotFound


@pytest.mark.parametrize(
    ("names", "told_apart"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "a"], ["a", "a_2", "a_3"]),
        (["a", "a_2", "a"], ["a", "a_2", "a_3"]),
        ([], []),
    ],
)
def test_columns_of_one_name_are_told_apart(names, told_apart):
    assert distinct(names) == told_apart


def test_a_query_is_said_or_in_a_file_or_comes_in(tmp_path: Path, monkeypatch):
    file = tmp_path / "query.sql"
    file.write_text("from rooms", encoding="utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("from recordings"))
    assert query_text("from compositions", None) == "from compositions"
    assert query_text(None, file) == "from rooms"
    assert query_text("-", None) == "from recordings"


@pytest.mark.parametrize(
    ("query", "file"), [(None, None), ("from rooms", Path("a.sql")), ("", None), (" \n", None)]
)
def test_no_query_or_two_are_refused(query, file):
    with pytest.raises(typer.BadParameter):
        query_text(query, file)


@pytest.mark.parametrize("name", ["no.sql", ".", "bad.sql", "nul\0.sql"])
def test_a_file_without_a_query_is_told(tmp_path: Path, name: str):
    (tmp_path / "bad.sql").write_bytes(b"\xff")
    with pytest.raises(NotFound, match="cannot read the query"):
        query_text(None, tmp_path / name)


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (Decimal(12), 12),
        (Decimal("1.50"), 1.5),
        (math.nan, None),
        ([math.inf, {"a": Decimal("2.0")}], [None, {"a": 2}]),
        (b"\x01\xff", "01ff"),
        (True, True),
        ("x", "x"),
    ],
)
def test_values_are_as_programs_expect(value, seen):
    assert plain(value) == seen
    assert type(plain(value)) is type(seen)


@pytest.mark.parametrize("count", [0, 1, 25_000])
def test_json_of_many_rows_is_one_array(count, capsys):
    result = pa.table({"n": pa.array(range(count), pa.int64()), "line": ["a\nb"] * count})
    rows.print_rows(plain_rows(result), result.column_names, rows.Form.JSON)
    printed = capsys.readouterr().out
    assert json.loads(printed) == [{"n": n, "line": "a\nb"} for n in range(count)]
    assert printed == json.dumps(json.loads(printed), indent=2) + "\n"


@pytest.mark.parametrize("count", [0, 2])
def test_csv_has_its_header_even_alone(count, capsys):
    result = pa.table({"n": pa.array(range(count), pa.int64()), "text": ['a,"b'] * count})
    rows.print_rows(plain_rows(result), result.column_names, rows.Form.CSV)
    lines = ["n,text", '0,"a,""b"', '1,"a,""b"']
    assert capsys.readouterr().out.splitlines() == lines[: count + 1]
