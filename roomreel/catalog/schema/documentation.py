"""The tables in words and in statements of other engines, as the docs show them.

`python -m roomreel.catalog.schema.documentation FILE` brings a page up to date (`make docs`).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from roomreel.catalog.columns import COLUMNS
from roomreel.catalog.columns.column import Kind, ListOf, Struct
from roomreel.model.codes import WARNINGS
from roomreel.model.table import Table

# Index into the names of a scalar, a list, a struct, and what is between a name and its type.
_READERS = {
    "docs": (0, "list<{}>", "struct<{}>", ": "),
    "athena": (1, "array<{}>", "struct<{}>", ": "),
    "trino": (2, "array({})", "row({})", " "),
}


def described(text: str) -> str:
    """Return a page with every table of columns, statement and table of codes as they are today."""
    for table in Table:
        text = _replaced(rf"^### {table}\n\n(?:\|.*\n)+", f"### {table}\n\n{columns(table)}", text)
        for start, reader in (
            (f"CREATE EXTERNAL TABLE {table} (", "athena"),
            (f"CREATE TABLE hive.roomreel.{table} (", "trino"),
        ):
            statement = f"{start}\n{definition(table, reader)}\n)"
            text = _replaced(rf"^{re.escape(start)}\n(?:  .*\n)+\)", statement, text)
    heading = "## Codes of warnings\n\n"
    return _replaced(rf"^{heading}(?:\|.*\n)+", heading + codes(), text)


def columns(table: Table) -> str:
    """Return the columns of a table in Markdown, a row each."""
    head = ["| column | type | unit | from | what it is |", "| --- " * 5 + "|"]
    rows = (
        (f"`{one.name}`", written(one.kind, "docs"), one.unit, one.source, one.meaning)
        for one in COLUMNS[table]
    )
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in rows), ""])


def definition(table: Table, reader: str) -> str:
    """Return the columns of a table as a statement of `athena` or `trino` has them."""
    quote = "`" if reader == "athena" else '"'
    lines = [f"{quote}{one.name}{quote} {written(one.kind, reader)}" for one in COLUMNS[table]]
    if reader == "trino":
        lines.append('"date" date')  # the column of the partition comes last, or Trino refuses
    return ",\n".join(f"  {column}" for column in lines)


def codes() -> str:
    """Return the codes of warnings in Markdown, a row each."""
    rows = [f"| `{code}` | {says} | {to_do} |" for code, (says, to_do) in WARNINGS.items()]
    return "\n".join(["| code | what it says | what to do |", "| --- | --- | --- |", *rows, ""])


def written(kind: Kind, reader: str) -> str:
    """Return a type in the words of `docs`, `athena` or `trino`."""
    number, list_of, struct_of, between = _READERS[reader]
    match kind:
        case ListOf(element):
            return list_of.format(written(element, reader))
        case Struct(members):
            parts = (f"{name}{between}{written(member, reader)}" for name, member in members)
            return struct_of.format(", ".join(parts))
        case _:
            return kind.value[number]


def _replaced(pattern: str, by: str, text: str) -> str:
    return re.sub(pattern, lambda _: by, text, flags=re.MULTILINE)


if __name__ == "__main__":
    page = Path(sys.argv[1])
    page.write_text(described(page.read_text(encoding="utf-8")), encoding="utf-8")
