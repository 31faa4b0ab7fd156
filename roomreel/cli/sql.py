"""`roomreel sql QUERY`: DuckDB over the catalogs."""

from __future__ import annotations

from typing import Annotated

import typer

from roomreel.cli import rows
from roomreel.cli.options import Config, Csv, Json


def sql(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="SQL over rooms, recordings and compositions.")
    ],
    as_json: Json = False,
    as_csv: Csv = False,
    config: Config = None,
) -> None:
    """Query the catalogs with SQL; the query can read them and nothing else."""
    how = rows.form(as_json=as_json, as_csv=as_csv)
    from roomreel.cli.catalog import opened
    from roomreel.settings import load

    result = opened(load(config)).sql(query)
    # A query may name two columns alike; a row is by name, so the later one gets a number.
    names = distinct(result.column_names)
    rows.print_rows(result.rename_columns(names).to_pylist(), names, how)


def distinct(names: list[str]) -> list[str]:
    """The names, with a number after one that was there before."""
    seen: list[str] = []
    for name in names:
        fresh, number = name, 2
        while fresh in seen:
            fresh, number = f"{name}_{number}", number + 1
        seen.append(fresh)
    return seen
