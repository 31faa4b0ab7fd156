import csv
import io
import json
from datetime import UTC, datetime

import pytest
import typer

from roomreel.cli import rows

ROWS = [
    {
        "sid": "CJ1",
        "name": "a[red]\x1b, b",
        "at": datetime(2026, 1, 2, tzinfo=UTC),
        "parts": [{"n": 1}],
    },
    {"sid": "CJ2", "name": None, "at": None, "parts": []},
]


def test_a_table_shows_the_columns_asked_for(capsys):
    rows.print_rows(ROWS, ["sid", "name"], rows.Form.TABLE)
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines() if line.strip()][2:] == [
        ["CJ1", "a[red]\\u001b,", "b"],
        ["CJ2"],
    ]
    assert err == "2 rows\n"


def test_a_table_is_not_cut_where_there_is_no_terminal(capsys):
    row = {f"column_{index}": "x" * 50 for index in range(20)}
    rows.print_rows([row], list(row), rows.Form.TABLE)
    assert capsys.readouterr().out.count("x" * 50) == 20


@pytest.mark.parametrize(("width", "is_a_line_a_row"), [(80, False), (200, True)])
def test_a_table_wider_than_the_terminal_is_a_line_a_value(
    width, is_a_line_a_row, capsys, monkeypatch
):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    wide = [
        {"sid": f"CJ{n:032x}", "room_name": "a room of many words", "url": f"/{n}" + "x" * 50}
        for n in range(3)
    ]
    rows.print_rows(wide, list(wide[0]), rows.Form.TABLE)
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert max(map(len, lines)) <= width
    for row in wide:
        # Whole, so that it can be copied; and in one line with the rest only where that fits.
        (line,) = [line for line in lines if row["sid"] in line]
        assert (row["url"] in line) is is_a_line_a_row
        assert out.count(row["url"]) == 1


def test_a_long_value_is_shortened(capsys):
    rows.print_rows([{"name": "x" * 10_000}], ["name"], rows.Form.TABLE)
    assert "(10000 characters)" in capsys.readouterr().out


def test_csv_has_every_column_and_survives_a_reading(capsys):
    rows.print_rows(ROWS, ["sid"], rows.Form.CSV)
    read = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert read[0]["name"] == "a[red]\x1b, b"
    assert read[0]["at"] == "2026-01-02T00:00:00Z"
    assert json.loads(read[0]["parts"]) == [{"n": 1}]
    assert read[1]["name"] == ""


HOSTILE = ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(1)", "\t=1", "\x1b[31m", "a\u202eb", "a\r\nb"]


@pytest.mark.parametrize("name", HOSTILE)
def test_csv_is_raw_in_a_file_and_harmless_on_a_terminal(capsys, monkeypatch, name):
    rows.print_rows([{name: name, "size": -5}], [], rows.Form.CSV)
    (read,) = csv.DictReader(io.StringIO(capsys.readouterr().out, newline=""))
    assert read == {name: name, "size": "-5"}
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    rows.print_rows([{name: name, "size": -5}], [], rows.Form.CSV)
    out = capsys.readouterr().out
    assert out.count("\n") == 2
    assert out.replace("\n", "").isprintable()
    for key, value in csv.reader(out.splitlines()):
        assert not key.startswith(rows.FORMULA_SIGNS)
        assert value in {"size", "-5"}


def test_csv_without_rows_has_a_head(capsys):
    rows.print_rows([], ["sid", "name"], rows.Form.CSV)
    assert capsys.readouterr().out == "sid,name\n"


def test_json_has_every_column(capsys):
    rows.print_rows(ROWS, ["sid"], rows.Form.JSON)
    assert json.loads(capsys.readouterr().out)[1] == {
        "sid": "CJ2",
        "name": None,
        "at": None,
        "parts": [],
    }


def test_two_forms_at_once_are_refused():
    with pytest.raises(typer.BadParameter):
        rows.form(as_json=True, as_csv=True)
