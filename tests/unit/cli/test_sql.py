import csv
import io
import json
import math
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import typer

from roomreel.catalog.queries.bounds import StillRunning
from roomreel.catalog.queries.values import plain, plain_rows
from roomreel.catalog.record import record
from roomreel.cli import rows
from roomreel.cli.sql import MOST_SHOWN, ask, distinct, query_text, sql
from roomreel.errors import NotFound
from roomreel.settings import Settings


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


def test_a_query_that_cannot_be_interrupted_ends_with_the_process(tmp_path, monkeypatch, capsys):
    def stuck(*_):
        raise StillRunning("it took longer")

    def leave(code):
        raise SystemExit(code)

    monkeypatch.setattr("roomreel.catalog.catalog.Catalog.sql", stuck)
    (tmp_path / "catalog" / "rooms" / "date=2026-11-20").mkdir(parents=True)
    (tmp_path / "catalog" / "rooms" / "date=2026-11-20" / "part.parquet").touch()
    monkeypatch.setattr("os._exit", leave)
    with pytest.raises(SystemExit) as left:
        ask("select 1", Settings(store=tmp_path))
    assert left.value.code == 6
    assert "it took longer" in capsys.readouterr().err


@pytest.mark.parametrize("count", [0, 1, MOST_SHOWN, MOST_SHOWN + 5])
def test_a_result_has_its_columns_and_its_number_of_rows(
    count, catalog, room_record, tmp_path, monkeypatch, capsys
):
    record(catalog, [room_record()], [], None)
    monkeypatch.setenv("ROOMREEL_STORE", str(tmp_path))
    query = f"select n, sid from rooms, range({count}) as r(n) order by n"  # noqa: S608
    sid = room_record().manifest.room.sid
    rows_of = [{"n": n, "sid": sid} for n in range(count)]

    sql(query, as_json=True)
    assert json.loads(capsys.readouterr().out) == rows_of

    sql(query, as_csv=True)
    printed = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert printed.fieldnames == ["n", "sid"]
    assert [row | {"n": int(row["n"])} for row in printed] == rows_of

    sql(query)
    table, words = capsys.readouterr()
    shown = min(count, MOST_SHOWN)
    header, _line, *body = [line for line in table.splitlines() if line.strip()]
    assert header.split() == ["n", "sid"]
    assert [line.split() for line in body] == [[str(n), sid] for n in range(shown)]
    assert words.splitlines()[0] == f"{shown} row{'' if shown == 1 else 's'}"
    assert (f"of {count};" in words) == (count > MOST_SHOWN)


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


def asked(query: str) -> pa.Table:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.sql(query).to_arrow_table()


INSTANTS = [
    ("timestamp 'infinity'", "infinity"),
    ("timestamp '-infinity'", "-infinity"),
    ("timestamptz 'infinity'", "infinity"),
    ("timestamp_s '99999-12-31 23:59:59'", "99999-12-31 23:59:59.000000"),
    ("timestamp_ms '10000-01-01 00:00:00.125'", "10000-01-01 00:00:00.125000"),
    ("timestamp '0044-03-15 (BC) 12:00:01.5'", "0044-03-15 (BC) 12:00:01.500000"),
    ("date 'infinity'", "infinity"),
    ("date '-infinity'", "-infinity"),
    ("date '99999-02-28'", "99999-02-28"),
    ("date '0001-12-31 (BC)'", "0001-12-31 (BC)"),
    ("date '0001-01-01'", date(1, 1, 1)),
    ("date '9999-12-31'", date(9999, 12, 31)),
]


@pytest.mark.parametrize(("instant", "seen"), INSTANTS)
def test_instants_that_python_lacks_are_told_in_words(instant, seen):
    (row,) = plain_rows(asked(f"select {instant} a, [{instant}, null] b, {{'x': {instant}}} c"))
    assert row == {"a": seen, "b": [seen, None], "c": {"x": seen}}


@pytest.mark.parametrize("form", rows.Form)
def test_every_type_of_duckdb_is_printed(form, capsys):
    result = asked("from test_all_types()")
    rows.print_rows(plain_rows(result), result.column_names, form)
    printed = capsys.readouterr().out
    assert "-infinity" in printed or form is rows.Form.TABLE
    assert "5877642-06-25 (BC)" in printed
