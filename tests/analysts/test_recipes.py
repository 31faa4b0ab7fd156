"""docs/analysts.md: every recipe is run, and what it says of the columns is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from roomreel.catalog.catalog import Catalog
from roomreel.catalog.tables import SCHEMAS, Table

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


PLAIN = {
    pa.string(): ("string", "string", "varchar"),
    pa.int64(): ("int64", "bigint", "bigint"),
    pa.float64(): ("double", "double", "double"),
    pa.bool_(): ("bool", "boolean", "boolean"),
    pa.timestamp("us", "UTC"): ("timestamp", "timestamp", "timestamp"),
}
# Index into PLAIN, a list, a struct, and what is between a field's name and its type.
READERS = {
    "docs": (0, "list<{}>", "struct<{}>", ": "),
    "athena": (1, "array<{}>", "struct<{}>", ": "),
    "trino": (2, "array({})", "row({})", " "),
}


def written(kind: pa.DataType, reader: str) -> str:
    """An Arrow type in the words of a reader."""
    number, list_of, struct_of, between = READERS[reader]
    if pa.types.is_list(kind):
        return list_of.format(written(kind.value_type, reader))
    if pa.types.is_struct(kind):
        fields = (f"{field.name}{between}{written(field.type, reader)}" for field in kind)
        return struct_of.format(", ".join(fields))
    return PLAIN[kind][number]


def definition(reader: str, table: Table) -> str:
    (found,) = [
        text
        for text in blocks(f"sql {reader}")
        if re.match(rf"CREATE .*TABLE (hive\.roomreel\.)?{table} \(", text)
    ]
    return found


@pytest.mark.parametrize("table", Table)
def test_athena_is_told_of_every_column(table: Table) -> None:
    told = definition("athena", table)
    columns = [f"  `{field.name}` {written(field.type, 'athena')}" for field in SCHEMAS[table]]
    assert told.startswith(
        f"CREATE EXTERNAL TABLE {table} (\n" + ",\n".join(columns) + "\n)\nPARTITIONED BY (`date` "
    )
    assert f"LOCATION 's3://BUCKET/catalog/{table}/'" in told


@pytest.mark.parametrize("table", Table)
def test_trino_is_told_of_every_column(table: Table) -> None:
    told = definition("trino", table)
    columns = [f'  "{field.name}" {written(field.type, "trino")}' for field in SCHEMAS[table]]
    # The column of the partition comes last, or Trino refuses the table.
    assert told.startswith(
        f"CREATE TABLE hive.roomreel.{table} (\n" + ",\n".join([*columns, '  "date" date']) + "\n)"
    )
    assert f"external_location = 's3://BUCKET/catalog/{table}/'" in told


# What a name says of its unit.
UNITS = {"_ms": "ms", "_s": "s", "_bytes": "bytes", "_ppm": "ppm", "_bps": "bit/s"}


@pytest.mark.parametrize("table", Table)
def test_every_column_is_described_with_its_type_and_unit(table: Table) -> None:
    section = TEXT.split(f"### {table}\n")[1].split("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", section, re.MULTILINE)
    assert [(name, kind) for name, kind, _, _ in rows] == [
        (field.name, written(field.type, "docs")) for field in SCHEMAS[table]
    ]
    for name, _, unit, meaning in rows:
        assert len(meaning) > 8, name
        said = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), unit)
        assert unit == said, name
