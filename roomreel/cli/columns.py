"""`roomreel columns [TABLE]`: the columns of the catalogs."""

from __future__ import annotations

from typing import Annotated

import typer

from roomreel.cli import console, rows
from roomreel.cli.options import Csv, Json
from roomreel.model.table import Row, Table

_HEAD = ("table", "column", "type", "unit", "from", "meaning")


def columns(
    table: Annotated[
        Table | None, typer.Argument(metavar="TABLE", help="Of this table alone; unset: of all.")
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Describe the columns of the catalogs: type, unit, where values come from, meaning."""
    how = rows.form(as_json=as_json, as_csv=as_csv)
    from roomreel.catalog.columns import COLUMNS

    names = COLUMNS if table is None else [table]
    found = [row for name in names for row in _described(name)]
    if how is not rows.Form.TABLE:
        rows.print_rows(found, _HEAD, how)
        return
    for row in found:
        about = ", ".join(filter(None, (row["type"], row["unit"], f"from the {row['from']}")))
        console.out_literal(f"{row['table']}.{row['column']}: {about}")
        console.out_literal(f"    {row['meaning']}")


def _described(table: Table) -> list[Row]:
    from roomreel.catalog.columns import COLUMNS
    from roomreel.catalog.schema.documentation import written

    return [
        {
            "table": table.value,
            "column": one.name,
            "type": written(one.kind, "docs"),
            "unit": one.unit,
            "from": one.source,
            "meaning": one.meaning,
        }
        for one in COLUMNS[table]
    ]
