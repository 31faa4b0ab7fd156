"""docs/analysts.md: every recipe is run, and what it says of the columns is so."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from roomreel.catalog.attempts import Unread
from roomreel.catalog.catalog import Catalog
from roomreel.catalog.columns import COLUMNS
from roomreel.catalog.queries.views import attach
from roomreel.catalog.record import record_unread
from roomreel.catalog.schema.documentation import described
from roomreel.catalog.schema.tables import SCHEMAS
from roomreel.errors import OutputRefused
from roomreel.model.codes import WARNINGS
from roomreel.model.plan import WarningCode
from roomreel.model.table import Table

DOCS = Path(__file__).parents[2] / "docs" / "analysts.md"
TEXT = DOCS.read_text(encoding="utf-8")

# What the fence of a recipe says, and its text.
BLOCKS = re.findall(r"^```(.*)\n((?:.*\n)*?)```$", TEXT, re.MULTILINE)


def blocks(kind: str) -> list[str]:
    return [text for fence, text in BLOCKS if fence == kind]


def head(text: str) -> str:
    return " ".join(text.split())[:40]


@pytest.fixture
def folder(month: Path, tmp_path: Path) -> Path:
    """A folder to run in that has `data/store`, as the recipes say."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "store").symlink_to(month)
    return tmp_path


@pytest.mark.parametrize("recipe", blocks("python"), ids=head)
def test_python_recipes_run_and_print_something(folder: Path, recipe: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", recipe],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()


@pytest.mark.parametrize("recipe", blocks("sql"), ids=head)
def test_sql_recipes_find_something(month: Path, recipe: str) -> None:
    catalog = Catalog.open(month / "catalog", month / "journal")
    assert catalog.sql(recipe).num_rows > 0


@pytest.mark.parametrize("line", [line for text in blocks("") for line in text.splitlines()])
def test_command_lines_run(folder: Path, line: str) -> None:
    if "roomreel " not in line:
        assert line.startswith("<store>/catalog/")
        return
    (folder / "slow.sql").write_text("from rooms", encoding="utf-8")
    command = f'"{sys.executable}" -c "from roomreel.cli import main; main()" '
    ran = subprocess.run(  # noqa: S602  the docs are ours, and are about a shell
        line.replace("roomreel ", command),
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout != "" or "> " in line) == (0, True), ran.stderr


def test_the_page_is_that_of_the_table_in_code() -> None:
    assert described(TEXT) == TEXT, "make docs"


# What a name says of its unit.
UNITS = {"_ms": "ms", "_s": "s", "_bytes": "bytes", "_ppm": "ppm", "_bps": "bit/s"}


@pytest.mark.parametrize("table", Table)
def test_every_column_is_described_with_its_type_and_unit(table: Table) -> None:
    section = TEXT.split(f"### {table}\n")[1].split("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \| (.*?) \|$", section, re.MULTILINE)
    assert [name for name, *_ in rows] == SCHEMAS[table].names
    for name, _, unit, source, meaning in rows:
        assert len(meaning) > 8, name
        said = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), unit)
        assert unit == said, name
        assert source in {"manifest", "file", "run"}, name
        if "claim" in name:
            assert source == "manifest"


@pytest.mark.parametrize("table", Table)
def test_a_file_describes_its_columns(month: Path, table: Table) -> None:
    [file, *_] = sorted((month / "catalog" / table).glob("*/part.parquet"))
    for field in pq.read_schema(file):
        told = {key.decode(): value.decode() for key, value in field.metadata.items()}
        column = next(one for one in COLUMNS[table] if one.name == field.name)
        assert told["comment"] == column.meaning
        assert told.get("unit", "") == column.unit
        assert told["from"] == column.source


def test_every_code_of_a_warning_is_in_the_table() -> None:
    assert set(WARNINGS) == set(WarningCode)


def test_a_bi_tool_finds_the_tables_with_their_descriptions(month: Path, tmp_path: Path) -> None:
    catalog = Catalog.open(month / "catalog", month / "journal")
    file = tmp_path / "bi.duckdb"
    for _ in range(2):  # it may be there already
        names, empty = attach(file, month / "catalog", catalog.reader)
    assert empty == []
    with duckdb.connect(str(file), read_only=True) as connection:
        for name in names:
            assert connection.sql(f"from {name} limit 1").fetchall(), name
            ours = catalog.sql(f"select count(*) as n from {name}").to_pylist()  # noqa: S608
            assert connection.sql(f"select count(*) from {name}").fetchall() == [(ours[0]["n"],)]  # noqa: S608
        told = dict(
            connection.execute(
                "select column_name, comment from duckdb_columns() where table_name = 'recordings'"
            ).fetchall()
        )
    assert told["gap_ms"] == "length of these pauses together [ms]"
    (tmp_path / "notes.txt").write_text("not a database")
    with pytest.raises(OutputRefused, match=r"notes\.txt"):
        attach(tmp_path / "notes.txt", month / "catalog", catalog.reader)


def test_a_bi_tool_finds_tables_without_a_file_empty(tmp_path: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog", tmp_path / "journal")
    broken = Unread("a.json", "document-invalid", "not JSON")
    record_unread(catalog, [broken], None, datetime(2026, 11, 21, tzinfo=UTC))
    file, full = tmp_path / "bi.duckdb", {"attempts"}
    names, empty = attach(file, tmp_path / "catalog", catalog.reader)
    assert empty == [table for table in Table if table not in full]
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        found = {name: connection.sql(f"from {name}").to_arrow_table() for name in names}
        comments = connection.sql("select count(comment) from duckdb_columns()").fetchall()
    assert {name for name, rows in found.items() if rows.num_rows} == full
    for table in Table:
        schema = catalog.sql(f"from {table}").schema
        assert found[table].schema.equals(schema), table
    assert comments == [(sum(map(len, COLUMNS.values())),)]


def test_everybody_is_in_participants_with_or_without_a_track(month: Path) -> None:
    catalog = Catalog.open(month / "catalog", month / "journal")
    people, silent, backwards = (
        catalog.sql(f"select count(*) as n from participants {where}").to_pylist()[0]["n"]  # noqa: S608
        for where in ("", "where join_time is null", "where leave_time < join_time")
    )
    rooms = catalog.sql("select sum(participant_count) as n, count(*) as r from rooms").to_pylist()
    assert (people, silent) == (rooms[0]["n"] + rooms[0]["r"], rooms[0]["r"])
    assert backwards == 0
